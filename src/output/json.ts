/**
 * The merged envelope around resources that keep their own bytes. Its counts stand behind the resources, because they
 * are known, and proven, only when the last page has been read.
 */
export function createJson() {
  let written = 0
  return {
    head: () => '{"resources":[',
    /** One resource with what stands before it. */
    resource: (record: Buffer): Buffer =>
      Buffer.concat([Buffer.from(written++ === 0 ? '\n' : ',\n'), record]),
    /** @param rest the end of the envelope, as `"total_results":2,…}` */
    tail: (rest: string): string => `${written === 0 ? '' : '\n'}],${rest}\n`,
    written: () => written,
  }
}
