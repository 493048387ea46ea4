/** Whether what runs is made of images that policies trust; loaded without what reads signatures. */
export { ImageTrust, type ImageTrustOptions } from './image-trust.js';
export { RunningContainers } from './running-containers.js';
export { TrustWatch, type TrustWatchOptions } from './trust-watch.js';
