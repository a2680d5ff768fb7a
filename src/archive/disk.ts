import { open } from 'node:fs/promises'
import { codeOf, notWritable } from '../output/files.ts'

/** The failure of a disk in words; any other error as it is. */
export const archiveNotWritable = (archive: string, error: unknown): unknown =>
  notWritable(archive, error, 'Earlier runs are kept. Fix this, then run the same command again.')

/** Makes the names in a folder survive a power cut, where the system can. Windows syncs no folders. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error
  }
}
