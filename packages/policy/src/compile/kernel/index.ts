export { compileForKernel, type KernelCompilation } from './compile.js';
export { KERNEL_LIMITS } from './limits.js';
export {
  type KernelAutomaton,
  type KernelChoice,
  type KernelLimit,
  type KernelNetwork,
  type KernelNetworkRange,
  type KernelNetworkRule,
  type KernelRule,
  type KernelSection,
  type KernelTables,
  NO_CHOICE,
  START_OPERATION,
} from './tables.js';
export {
  isFree,
  judgeRow,
  type KernelAnswer,
  type KernelQuestion,
  kernelJudge,
  type RowQuestion,
  rowOf,
  walkBytes,
} from './walk.js';
