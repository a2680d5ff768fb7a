// @ts-check
import { Exit } from './out.js'

/**
 * A crash of the real cf: nothing on stdout, and a stack buffer of 1 MiB on stderr, most of it NUL.
 * @param {import('./call.js').Call} call
 * @param {string} [error]
 * @returns {never}
 */
export const panic = (call, error = 'runtime error: invalid memory address or nil pointer dereference') => {
  const command = [call.bin, ...call.args].join(' ')
  const releases = `https://code.cloudfoundry.org/cli/${call.generation.v6 ? '' : 'v8/'}releases`
  const banner = `
		Something unexpected happened. This is a bug in ${call.bin}.

		Please re-run the command that caused this exception with the environment
		variable CF_TRACE set to true.

		Also, please update to the latest cli and try the command again:
		${releases}

		Please create an issue at: https://code.cloudfoundry.org/cli/issues

		Include the below information when creating the issue:

		Command
		${command}

		CLI Version
		${call.generation.stamped}

		Error
		${error}

		Stack Trace
		`
  const stack = Buffer.alloc(1024 * 1024)
  stack.write(
    '\tgoroutine 1 [running]:\n\tcode.cloudfoundry.org/cli/util/panichandler.HandlePanic()\n\t\tutil/panichandler/handler.go:19 +0x4b\n',
  )
  call.stderr(banner)
  call.stderr(stack)
  call.stderr('\n\n\t\tYour Platform Details\n\t\tlinux\n\n\t\tShell\n\t\t/bin/sh\n')
  throw new Exit(1)
}
