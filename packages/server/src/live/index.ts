export { Live, type LiveNews, type Watch } from './live.js';
