import { createHash } from 'node:crypto'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { append, codeOf, draftNotWritable, notWritable } from '../output/files.ts'

/** A file of a bag that is being written. Its hash is computed while it is written. */
export interface BagFile {
  write(chunk: string | Buffer): Promise<void>
  close(): Promise<void>
}

/** A bag that is being written in a hidden folder beside its place. */
export interface BagWriter {
  /** That hidden folder. */
  readonly draft: string
  /** Creates a file: part of the payload if its path begins with `data/`, otherwise a tag file. */
  file(path: string): Promise<BagFile>
  /** Writes the manifests and renames the folder to its place. @param info the lines of bag-info.txt, in order. */
  commit(info: readonly (readonly [label: string, value: string])[]): Promise<void>
  /** Deletes the hidden folder. Does nothing after a commit. */
  abandon(): Promise<void>
}

interface Written {
  readonly hash: string
  readonly bytes: number
}

/**
 * Starts a bag (BagIt 1.0, RFC 8493). It appears whole, or not at all: it is written in a hidden folder beside its place,
 * synced, then renamed. `bagit.txt` is written last, so an unfinished folder never passes for a bag.
 * @throws UsageError if its place is taken or cannot be written.
 */
export async function createBag(place: string): Promise<BagWriter> {
  const path = resolve(place)
  const exists = () => new UsageError(`${place} already exists.`, 'Name a folder that does not exist yet.')
  if ((await lstat(path).catch(() => undefined)) !== undefined) throw exists()
  const draft = join(dirname(path), `.${basename(path).slice(0, 40)}.${process.pid}-${Date.now()}.partial`)
  const failed = (error: unknown) => {
    throw draftNotWritable(place, error, draft)
  }
  await mkdir(draft, { mode: 0o700 }).catch(error => {
    throw notWritable(place, error)
  })
  await mkdir(join(draft, 'data'), { mode: 0o700 }).catch(async error => {
    await rm(draft, { recursive: true, force: true })
    throw notWritable(place, error)
  })
  const written = new Map<string, Written>()
  const handles = new Set<FileHandle>()
  let done = false

  async function file(name: string): Promise<BagFile> {
    const hash = createHash('sha256')
    let bytes = 0
    const handle = await open(join(draft, name), 'wx', 0o600).catch(failed)
    handles.add(handle)
    return {
      async write(chunk) {
        hash.update(chunk)
        bytes += await append(handle, chunk).catch(failed)
      },
      async close() {
        await handle.sync().catch(failed)
        handles.delete(handle)
        await handle.close().catch(failed)
        written.set(name, { hash: hash.digest('hex'), bytes })
      },
    }
  }

  async function put(name: string, text: string): Promise<void> {
    const out = await file(name)
    await out.write(text)
    await out.close()
  }

  const manifest = (isListed: (name: string) => boolean) =>
    [...written]
      .filter(([name]) => isListed(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { hash }]) => `${hash}  ${name}\n`)
      .join('')

  return {
    draft,
    file,
    async commit(info) {
      const payload = [...written].filter(([name]) => isPayload(name))
      const bytes = payload.reduce((sum, [, { bytes }]) => sum + bytes, 0)
      await put('manifest-sha256.txt', manifest(isPayload))
      const lines = [...info, ['Payload-Oxum', `${bytes}.${payload.length}`] as const]
      await put('bag-info.txt', lines.map(([label, value]) => `${label}: ${value}\n`).join(''))
      // bagit.txt belongs to the tag manifest, which is written before it.
      const declaration = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'
      written.set('bagit.txt', {
        hash: createHash('sha256').update(declaration).digest('hex'),
        bytes: declaration.length,
      })
      await put(
        'tagmanifest-sha256.txt',
        manifest(name => !isPayload(name)),
      )
      await put('bagit.txt', declaration)
      await rename(draft, path).catch(error => {
        if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw exists()
        failed(error)
      })
      done = true
    },
    async abandon() {
      if (done) return
      done = true
      for (const handle of handles) await handle.close().catch(() => {})
      await rm(draft, { recursive: true, force: true })
    },
  }
}

export const isPayload = (name: string) => name.startsWith('data/')
