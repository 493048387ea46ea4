/** The certificate library wants this loaded before it. */
import 'reflect-metadata';

export * from '@peculiar/x509';
