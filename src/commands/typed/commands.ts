import type { Program } from './chosen.ts'
import { addCompletion } from './completion.ts'
import { addDoctor } from './doctor.ts'
import { addEventTypes } from './event-types.ts'
import { addFormat } from './format.ts'
import { addReports } from './reports.ts'
import { addRoles } from './roles.ts'

/** Adds every command there is, in the order of the help. */
export function addCommands(program: Program, argv: readonly string[]): Program {
  const all = addDoctor(addFormat(addEventTypes(addRoles(addReports(program))), argv))
  return addCompletion(all, each => addCommands(each, argv))
}
