/** What tests and tools use of the sandbox. */
export { startSandbox, type Sandbox, type SandboxOptions } from './server.mts';
export { errorAnswer } from './answers.mts';
export { usualCallbacks } from './callbacks.mts';
export { contentBytes, contentSha256, type Content } from './content.mts';
export type { DesktopView } from './desktop/desktops.mts';
export type {
	DesktopFault,
	DesktopFaultRule,
	DesktopFileSpec,
	DesktopSpec,
	DesktopTool,
} from './desktop/shapes.mts';
export { currentTools, olderTools } from './mcp/shapes.mts';
export {
	offerSampleWorkflows,
	SAMPLE_PARAMETER,
	SAMPLE_WORKFLOWS,
	sampleParameters,
} from './sampleWorkflows.mts';
export { sampleRecord } from './sampleRecord.mts';
export { sign, signatureHeader } from './signature.mts';
export type { McpFault, McpFaultRule, RunState, ToolName } from './mcp/shapes.mts';
export type {
	DeliveryRecord,
	DesktopActionRecord,
	DesktopRequestRecord,
	McpRequestRecord,
	RequestRecord,
	RunRecord,
	State,
} from './records.mts';
export type {
	Answer,
	CallbackSpec,
	DeliverOptions,
	Fault,
	FaultRule,
	FileFault,
	FileSpec,
	PlannedCallback,
	Settings,
	Workflow,
} from './shapes.mts';
