export {
  type KeylessMaterial,
  type KeyMaterial,
  type LoadedSigners,
  loadSigners,
  type NotationMaterial,
  type SignerMaterial,
} from './material.js';
