/** What an event did to what is there. */
export type Tone = 'added' | 'removed' | 'changed'

const tones: readonly (readonly [Tone, RegExp])[] = [
  ['added', /^((start_)?create|\w+_add|map-route|bind_route|share)$/],
  [
    'removed',
    /^((start_)?delete|delete-request|\w+_remove|remove|remove_orphan|unmap-route|unbind_route|unshare|purge)$/,
  ],
  [
    'changed',
    /^((start_)?update|upload|upload-bits|copy-bits|apply|apply_manifest|mapped|scale|start|stop|restart|restage|cancel|continue|terminate_instance|transfer-owner)$/,
  ],
]

/** What an event of that type did; undefined for a look, a crash, a sign of life, and a type that is not known. */
export function toneOf(type: string): Tone | undefined {
  const action = type.slice(type.lastIndexOf('.') + 1)
  return tones.find(([, actions]) => actions.test(action))?.[0]
}
