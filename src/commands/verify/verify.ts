import { stat } from 'node:fs/promises'
import { isArchive } from '../../archive/manifest.ts'
import { verifyArchive } from '../../archive/verify.ts'
import { AuditError, exitCodes, UsageError } from '../../errors.ts'
import { type Finding, isBag, verifyBag } from '../../evidence/verify.ts'
import { defineCommand, type Open, type Parsed } from '../../options/command.ts'
import { isJson, tableOrJsonOption } from '../../options/output.ts'
import { codeOf, expandPaths } from '../../output/files.ts'
import { streamSink } from '../../output/sink.ts'
import { escapeControls, grouped, plural } from '../../text.ts'

const options = {
  format: tableOrJsonOption,
} as const

export const command = defineCommand({
  about: `Check evidence offline: each file against the manifests, the statement against the events, and the CSV files against
the events, names and roles. In an archive: each part, the chain of runs, and the coverage. Exits with 6 unless
everything is valid.`,
  arguments: [{ name: 'PATH…', describe: 'Folders written by evidence or archive' }],
  options,
  examples: [
    { why: 'Check the evidence of a month', line: 'cf-audit verify 2026-10' },
    {
      why: 'Without cf-audit, as an assessor',
      line: '(cd 2026-10 && sha256sum --check manifest-sha256.txt tagmanifest-sha256.txt)',
    },
    {
      why: 'List only the problems, as JSON',
      line: 'cf-audit verify 2026-10 -f json | jq \'.findings[] | select(.state != "valid")\'',
    },
  ],
  run: printFindings,
})

/** The findings have been printed; stderr gets the verdict. */
class Damaged extends AuditError {
  readonly exitCode = exitCodes.incomplete
}

async function printFindings(args: Parsed<typeof options>, open: Open): Promise<void> {
  const { stdout, signal, messages, version } = open(args)
  const wantsJson = isJson(args)
  if (args.words.length === 0) throw new UsageError('nothing to verify.', 'Usage: cf-audit verify PATH…')
  const findings: (Finding & { readonly path: string })[] = []
  for (const path of await expandPaths(args.words)) {
    if (await isArchive(path))
      for (const finding of await verifyArchive(path)) findings.push({ path, ...finding })
    else {
      await assertBag(path)
      for (const finding of await verifyBag(path, version)) findings.push({ path, ...finding })
    }
  }
  const sink = streamSink(stdout, signal)
  if (wantsJson) await sink.write(`${JSON.stringify({ findings }, null, 2)}\n`)
  else {
    const width = findings.reduce((most, { path, file }) => Math.max(most, path.length + file.length + 1), 0)
    const lines = findings.map(({ path, file, state, finding }) =>
      escapeControls(`${state.toUpperCase().padEnd(12)}  ${`${path}/${file}`.padEnd(width)}  ${finding}`),
    )
    await sink.write(lines.map(line => `${line}\n`).join(''))
  }
  await sink.commit()
  const wrong = findings.filter(({ state }) => state !== 'valid')
  const checked = `${plural(findings.length - wrong.length, 'check')} of ${grouped(findings.length)} passed`
  if (wrong.length > 0) {
    const isDamaged = wrong.some(({ state }) => state === 'invalid')
    throw new Damaged(
      `${isDamaged ? 'Damaged' : 'Not compared'}: ${checked}.`,
      isDamaged
        ? 'See the lines marked INVALID, and compare with the original.'
        : 'Update cf-audit to check the rest.',
    )
  }
  messages.success(`Valid: ${checked}.`)
}

async function assertBag(path: string): Promise<void> {
  const found = await stat(path).catch(error => {
    if (codeOf(error) === undefined) throw error
    return undefined
  })
  if (found === undefined)
    throw new UsageError(
      `${path} does not exist.`,
      "Name a folder that 'cf-audit evidence' or 'cf-audit archive' wrote.",
    )
  if (!found.isDirectory() || !(await isBag(path))) {
    throw new UsageError(
      `${path} is neither evidence nor an archive: it has no bagit.txt, no manifest and no runs.`,
      "Name a folder that 'cf-audit evidence' or 'cf-audit archive' wrote.",
    )
  }
}
