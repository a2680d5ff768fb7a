import type { Program } from '../options/parse.ts'
import { reports } from '../reports/catalog.ts'
import { addCompletion } from './completion/command.ts'
import { addDoctor } from './doctor/command.ts'
import { addFormat } from './format/command.ts'
import { addReport, addReports } from './report/command.ts'
import { addRoles } from './roles/command.ts'
import { addEventTypes } from './types/command.ts'

/**
 * Adds every command there is, in the order of the help; where the line begins with a report, that one alone: a report
 * starts sooner without the others, and they have nothing to say of it.
 */
export function addCommands(program: Program, argv: readonly string[]): Program {
  const report = reports.find(({ name }) => name === argv[0])
  if (report !== undefined) return addReport(program, report)
  const all = addDoctor(addFormat(addEventTypes(addRoles(addReports(program))), argv))
  return addCompletion(all, each => addCommands(each, argv))
}
