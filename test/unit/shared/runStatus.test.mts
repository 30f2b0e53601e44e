import { isFinished, plainStatus } from '../../../nodes/shared/runStatus';

test.each(['queued', 'running', 'processing', 'Running', 'PROCESSING', ' queued ', '\tRunning\n'])(
	'a run that is "%s" has not ended',
	(status) => {
		expect(isFinished(status)).toBe(false);
	},
);

test.each([
	'success',
	'Success',
	'completed',
	'failed',
	'timeout',
	'cancelled',
	'running late',
	'constructor',
	'',
])('a run that is "%s" has ended', (status) => {
	expect(isFinished(status)).toBe(true);
});

test('the plain form of a status has no capitals and no spaces around it', () => {
	expect(plainStatus(' Timed OUT ')).toBe('timed out');
});
