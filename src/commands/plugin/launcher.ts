import { shellWord } from '../../text.ts'

/** What `cf` runs as the plugin, and what that runs. */
export interface LauncherPaths {
  /** The Node.js that runs cf-audit. */
  readonly node: string
  /** cf-audit itself. */
  readonly cli: string
}

/**
 * The plugin: a shell script, because `cf` copies one file, and runs it with a port, then SendMetadata, CLI-MESSAGE-UNINSTALL
 * or the command and its words. It runs the cf-audit that installed it, and explains itself when that has gone.
 */
export function launcher({ node, cli }: LauncherPaths): string {
  return `#!/bin/sh
# Written by 'cf-audit plugin install'.
node=${shellWord(node)}
cli=${shellWord(cli)}
port=$1
shift
if [ "$1" = CLI-MESSAGE-UNINSTALL ]; then exit 0; fi
for file in "$node" "$cli"; do
  if [ ! -f "$file" ]; then
    printf '%s\\n' "cf audit cannot run: $file is gone." \\
      "Install cf-audit again (npm install --global cf-audit), then run 'cf-audit plugin install'." >&2
    exit 1
  fi
done
if [ "$1" = SendMetadata ]; then exec "$node" "$cli" plugin "send-metadata:$port"; fi
shift
"$node" "$cli" "$@"
code=$?
if [ "$code" -gt 1 ]; then printf '%s\\n' "cf-audit: exit code $code" >&2; fi
exit "$code"
`
}
