/**
 * CLI: the `runward` command. Reads the command line, starts what is asked for, and turns results into text
 * for people or JSON for machines.
 *
 * @packageDocumentation
 */
export { detectionText, eventText } from './detection-text.js';
export { visible } from './terminal.js';
