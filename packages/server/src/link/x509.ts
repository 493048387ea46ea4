// The library needs it, and before its own first line.
import 'reflect-metadata';

export * from '@peculiar/x509';
