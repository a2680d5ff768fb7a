// @ts-check
import { argv0, stamped, v6 } from './generation.js'
import { Exit, stderr } from './out.js'

/**
 * A crash of the real cf: nothing on stdout, and a stack buffer of 1 MiB on stderr, most of it NUL.
 * @param {string} [error]
 * @returns {never}
 */
export const panic = (error = 'runtime error: invalid memory address or nil pointer dereference') => {
  const command = [process.argv[1] ?? argv0, ...process.argv.slice(2)].join(' ')
  const releases = `https://code.cloudfoundry.org/cli/${v6 ? '' : 'v8/'}releases`
  const banner = `
		Something unexpected happened. This is a bug in ${process.argv[1]}.

		Please re-run the command that caused this exception with the environment
		variable CF_TRACE set to true.

		Also, please update to the latest cli and try the command again:
		${releases}

		Please create an issue at: https://code.cloudfoundry.org/cli/issues

		Include the below information when creating the issue:

		Command
		${command}

		CLI Version
		${stamped}

		Error
		${error}

		Stack Trace
		`
  const stack = Buffer.alloc(1024 * 1024)
  stack.write(
    '\tgoroutine 1 [running]:\n\tcode.cloudfoundry.org/cli/util/panichandler.HandlePanic()\n\t\tutil/panichandler/handler.go:19 +0x4b\n',
  )
  stderr(banner)
  stderr(stack)
  stderr('\n\n\t\tYour Platform Details\n\t\tlinux\n\n\t\tShell\n\t\t/bin/sh\n')
  throw new Exit(1)
}
