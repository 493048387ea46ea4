// The library needs it, and before its own first line.
import 'reflect-metadata';

export { cryptoProvider, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
