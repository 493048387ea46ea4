export { type Comparison, compareTree, type Drift, type Drifted, driftOf } from './drift.js';
export { type Inventory, type InventoryLayer, takeInventory } from './inventory.js';
export type { Executable } from './layer.js';
