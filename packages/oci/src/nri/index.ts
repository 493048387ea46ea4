/** The plug-in for runtimes that speak NRI: containerd from 1.7 on, CRI-O. */
export { DEFAULT_NRI_SOCKET, type NriOptions, runNriPlugin } from './plugin.js';
