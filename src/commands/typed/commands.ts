import { reports } from '../../reports/catalog.ts'
import type { Program } from './chosen.ts'
import { addCompletion } from './completion.ts'
import { addDoctor } from './doctor.ts'
import { addEventTypes } from './event-types.ts'
import { addFormat } from './format.ts'
import { addReport, addReports } from './reports.ts'
import { addRoles } from './roles.ts'

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
