/**
 * Web: the pages of the control plane, a client of its API and nothing else.
 *
 * @packageDocumentation
 */
import './main.js';
