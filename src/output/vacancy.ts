import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './disk.ts'

/** What stands where a file is to be written: nothing, a file that could be replaced, or why there can be none. */
export type Vacancy = 'free' | 'taken' | { readonly problem: string }

/** Looks at the place of a file, before anything is made there. */
export function vacancyOf(path: string): Vacancy {
  const folder = dirname(path)
  const place = statOf(path)
  if (place?.isDirectory() || /[/\\]$/.test(path)) return { problem: `${path} is a folder.` }
  if (place !== undefined && !place.isFile()) return { problem: `${path} is not a regular file.` }
  const parent = statOf(folder)
  if (parent === undefined) return { problem: `There is no folder ${folder}.` }
  if (!parent.isDirectory()) return { problem: `${folder} is not a folder.` }
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    return { problem: `You may not write in ${folder}.` }
  }
  return place === undefined ? 'free' : 'taken'
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // Something on the way is no folder.
    if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'ENAMETOOLONG') return undefined
    throw error
  }
}
