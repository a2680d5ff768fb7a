import type { StoredEvent } from './store.ts'

/** Who or what is at hand when an event is written. */
export interface Scene {
  /** A new GUID at each call. */
  guid: () => string
  timestamp: string
  actor: { guid: string; type: string; name: string | null; username: string | null }
  /** The user whose role changes; the name is empty when UAA no longer knows it. */
  user: { guid: string; username: string }
  org: { guid: string; name: string }
  space: { guid: string; name: string }
  otherSpace: { guid: string }
  app: { guid: string; name: string }
  service: { guid: string; name: string }
  route: { guid: string; host: string; domainGuid: string }
  binding: string
  key: { guid: string; name: string }
  /** A password, which some of Cloud Controller's events keep as it was sent. */
  secret: string
}

/** Which code wrote the event: the shape depends on the writer, whichever API reads it. */
export type Writer = 'v2' | 'v3' | 'manifest' | 'system'

/** What a template adds to the scene. */
type Parts = Partial<
  Pick<
    StoredEvent,
    | 'actor'
    | 'actorType'
    | 'actorName'
    | 'actorUsername'
    | 'actee'
    | 'acteeType'
    | 'acteeName'
    | 'metadata'
    | 'spaceGuid'
    | 'orgGuid'
  >
>

/** One way in which one type of event is written. */
export interface Template {
  name: string
  type: string
  writer: Writer
  write(scene: Scene): StoredEvent
}

/** One event of each shape, by itself. */
export interface Shape extends StoredEvent {
  name: string
  writer: Writer
}

const hidden = '[PRIVATE DATA HIDDEN]'
const redacted = '[REDACTED]'

const data = (guid: string) => ({ data: { guid } })

// Two types of the 140 have no `audit.` in front.
const fullType = (type: string) => (/^(app\.crash|blob\.)/.test(type) ? type : `audit.${type}`)

const template = (type: string, what: string, writer: Writer, parts: (scene: Scene) => Parts): Template => ({
  name: `${type} ${what}`,
  type: fullType(type),
  writer,
  write: scene => ({
    guid: scene.guid(),
    type: fullType(type),
    actor: scene.actor.guid,
    actorType: scene.actor.type,
    actorName: scene.actor.name,
    actorUsername: scene.actor.username,
    actee: scene.app.guid,
    acteeType: 'app',
    acteeName: scene.app.name,
    timestamp: scene.timestamp,
    metadata: {},
    spaceGuid: scene.space.guid,
    orgGuid: scene.org.guid,
    ...parts(scene),
  }),
})

const unscoped: Parts = { spaceGuid: '', orgGuid: '' }
const system: Parts = { actor: 'system', actorType: 'system', actorName: 'system', actorUsername: 'system' }

// --- 4.1 roles: the target is the user, the role is in the type only

const roles = [
  'organization_user',
  'organization_auditor',
  'organization_billing_manager',
  'organization_manager',
  'space_auditor',
  'space_developer',
  'space_manager',
  'space_supporter',
]

const roleEvents = roles.flatMap(role => {
  const inSpace = role.startsWith('space_')
  const role_ = (
    verb: string,
    what: string,
    writer: Writer,
    metadata: (scene: Scene) => StoredEvent['metadata'],
    more: Parts = {},
  ) =>
    template(`user.${role}_${verb}`, what, writer, scene => ({
      actee: scene.user.guid,
      acteeType: 'user',
      acteeName: scene.user.username,
      metadata: metadata(scene),
      ...(inSpace ? {} : { spaceGuid: '' }),
      ...more,
    }))
  const where = (scene: Scene) =>
    inSpace ? { space: data(scene.space.guid) } : { organization: data(scene.org.guid) }
  const both = [
    role_('add', 'by user name, written by v3', 'v3', scene => ({
      request: {
        type: role,
        relationships: {
          user: { data: { username: scene.user.username || 'gone@example.gov', origin: 'uaa' } },
          ...where(scene),
        },
      },
    })),
    role_('add', 'by GUID, written by v3', 'v3', scene => ({
      request: { type: role, relationships: { user: data(scene.user.guid), ...where(scene) } },
    })),
    role_('remove', 'written by v3', 'v3', () => ({ request: {} })),
  ]
  // v2 knows no Space Supporters.
  if (role === 'space_supporter') return both
  return [
    ...both,
    role_('add', 'with a null request, written by v2', 'v2', () => ({ request: null })),
    role_('remove', 'with a null request, written by v2', 'v2', () => ({ request: null })),
    role_('add', 'through /v2/users', 'v2', () => ({ request: {} })),
    role_('remove', 'by GUID, written by v2', 'v2', () => ({ request: {} })),
    role_('add', 'with the body of the space or organization: its name is NOT the user', 'v2', scene => ({
      request: inSpace
        ? { name: scene.space.name, organization_guid: scene.org.guid, developer_guids: [scene.user.guid] }
        : { name: scene.org.name, manager_guids: [scene.user.guid] },
    })),
    role_(
      'add',
      'of a user that UAA has forgotten',
      'v3',
      scene => ({
        request: { type: role, relationships: { user: data(scene.user.guid), ...where(scene) } },
      }),
      { acteeName: '' },
    ),
  ]
})

const roleOddities = [
  template(
    'user.organization_manager_add',
    'with an organization made by a non-admin: the name is the organization',
    'v3',
    scene => ({
      actee: scene.user.guid,
      acteeType: 'user',
      acteeName: scene.user.username,
      metadata: { request: { name: scene.org.name } },
      spaceGuid: '',
    }),
  ),
  template('organization.update', 'beside a v2 removal of an organization role', 'v2', scene => ({
    actee: scene.org.guid,
    acteeType: 'organization',
    acteeName: scene.org.name,
    metadata: {
      request: {
        manager: scene.user.guid,
        verb: 'remove',
        relation: 'managers',
        related_guid: scene.user.guid,
      },
    },
    spaceGuid: '',
  })),
  template(
    'user.space_developer_add',
    'by a client token: the actor is a client id without a name',
    'v3',
    scene => ({
      actor: 'sandbox-bot',
      actorType: 'user',
      actorName: '',
      actorUsername: '',
      actee: scene.user.guid,
      acteeType: 'user',
      acteeName: scene.user.username,
      metadata: {
        request: {
          type: 'space_developer',
          relationships: { user: data(scene.user.guid), space: data(scene.space.guid) },
        },
      },
    }),
  ),
  template('user.space_developer_add', 'to a client: UAA has no name for it', 'v3', scene => ({
    actee: 'sandbox-bot',
    acteeType: 'user',
    acteeName: '',
    metadata: {
      request: {
        type: 'space_developer',
        relationships: { user: data('sandbox-bot'), space: data(scene.space.guid) },
      },
    },
  })),
  template('user.space_auditor_add', 'by somebody UNKNOWN', 'v2', scene => ({
    actor: 'UNKNOWN',
    actorType: 'UNKNOWN',
    actorName: 'UNKNOWN',
    actorUsername: 'UNKNOWN',
    actee: scene.user.guid,
    acteeType: 'user',
    acteeName: scene.user.username,
    metadata: { request: {} },
  })),
  template('user.space_manager_remove', 'without any metadata', 'v2', scene => ({
    actee: scene.user.guid,
    acteeType: 'user',
    acteeName: scene.user.username,
    metadata: null,
  })),
]

// --- 4.2 routes: the target's name is the bare host

const route = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
  more: Parts = {},
) =>
  template(`route.${verb}`, what, writer, scene => ({
    actee: scene.route.guid,
    acteeType: 'route',
    acteeName: scene.route.host,
    metadata: metadata(scene),
    ...more,
  }))

const routeEvents = [
  route('create', 'written by v3', 'v3', scene => ({
    request: {
      host: scene.route.host,
      path: '/x',
      relationships: { space: data(scene.space.guid), domain: data(scene.route.domainGuid) },
    },
  })),
  route('create', 'written by v2', 'v2', scene => ({
    request: {
      host: scene.route.host,
      path: null,
      port: null,
      domain_guid: scene.route.domainGuid,
      space_guid: scene.space.guid,
    },
  })),
  route('create', 'by a manifest: no domain', 'manifest', scene => ({
    manifest_triggered: true,
    request: { host: scene.route.host, path: null, port: null, options: null },
  })),
  route(
    'create',
    'of a TCP route: no host',
    'v3',
    scene => ({
      request: {
        port: 1024,
        relationships: { space: data(scene.space.guid), domain: data(scene.route.domainGuid) },
      },
    }),
    { acteeName: '' },
  ),
  route('update', 'by PUT, written by v2', 'v2', () => ({ request: { port: 10000 } })),
  route('update', 'of a mapping, written by v2', 'v2', scene => ({
    request: { app: scene.app.guid, verb: 'add', relation: 'apps', related_guid: scene.app.guid },
  })),
  route('update', 'of an unmapping, written by v2', 'v2', scene => ({
    request: { app: scene.app.guid, verb: 'remove', relation: 'apps', related_guid: scene.app.guid },
  })),
  route('update', 'of a mapping that names only the related GUID', 'v2', scene => ({
    request: { verb: 'add', relation: 'apps', related_guid: scene.app.guid },
  })),
  route('delete-request', 'written by v3, after the deletion', 'v3', () => ({
    request: { recursive: true },
  })),
  route('delete-request', 'written by v2, before the deletion', 'v2', () => ({
    request: { recursive: false },
  })),
  route('delete-request', 'of a route without a host', 'v3', () => ({ request: { recursive: true } }), {
    acteeName: '',
  }),
  route('share', 'written by v3', 'v3', scene => ({ target_space_guids: [scene.otherSpace.guid] })),
  route('unshare', 'written by v3', 'v3', scene => ({ target_space_guid: scene.otherSpace.guid })),
  route('transfer-owner', 'written by v3: in the old space', 'v3', scene => ({
    target_space_guid: scene.otherSpace.guid,
  })),
]

const policyRequest = (scene: Scene) => ({
  request: { source: `cf:app:${scene.app.guid}`, relationships: { route: data(scene.route.guid) } },
})

const policyEvents = ['create', 'update', 'delete'].flatMap(verb => [
  template(`route_policy.${verb}`, 'for an app', 'v3', scene => ({
    actee: scene.guid(),
    acteeType: 'route_policy',
    acteeName: `cf:app:${scene.app.guid}`,
    metadata:
      verb === 'create'
        ? policyRequest(scene)
        : verb === 'update'
          ? { request: { metadata: { labels: { a: 'b' } } } }
          : {},
  })),
  template(`route_policy.${verb}`, 'for a space', 'v3', scene => ({
    actee: scene.guid(),
    acteeType: 'route_policy',
    acteeName: `cf:space:${scene.otherSpace.guid}`,
    metadata:
      verb === 'create'
        ? {
            request: {
              source: `cf:space:${scene.otherSpace.guid}`,
              relationships: { route: data(scene.route.guid) },
            },
          }
        : verb === 'update'
          ? { request: { metadata: { annotations: { a: null } } } }
          : {},
  })),
])

// --- 4.3 mapping: the target is the app, the route is in the metadata, and there is no request

const mapping = (scene: Scene) => {
  const guid = scene.guid()
  return {
    route_guid: scene.route.guid,
    app_port: 8080,
    route_mapping_guid: guid,
    destination_guid: guid,
    process_type: 'web',
    weight: null,
    protocol: 'http1',
  }
}

const mappingEvents = ['map-route', 'unmap-route'].flatMap(verb => [
  template(`app.${verb}`, 'written by v3', 'v3', scene => ({ metadata: mapping(scene) })),
  template(`app.${verb}`, 'with an unspecified port, written by v2', 'v2', scene => ({
    metadata: { ...mapping(scene), app_port: -1 },
  })),
  template(`app.${verb}`, 'by a manifest', 'manifest', scene => ({
    metadata: {
      ...mapping(scene),
      route_options: { loadbalancing: 'round-robin' },
      manifest_triggered: true,
    },
  })),
  template(`app.${verb}`, 'by the system', 'system', scene => ({ metadata: mapping(scene), ...system })),
])

// --- 4.4 service instances

const instance = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
  more: Parts = {},
) =>
  template(`service_instance.${verb}`, what, writer, scene => ({
    actee: scene.service.guid,
    acteeType: 'service_instance',
    acteeName: scene.service.name,
    metadata: metadata(scene),
    ...more,
  }))

const managedRequest = (scene: Scene) => ({
  request: {
    type: 'managed',
    name: scene.service.name,
    relationships: { space: data(scene.space.guid), service_plan: data('plan-small') },
    parameters: hidden,
  },
})

const instanceEvents = [
  instance('create', 'written by v3', 'v3', managedRequest),
  instance('start_create', 'written by v3', 'v3', managedRequest),
  instance('create', 'written by v2', 'v2', scene => ({
    request: {
      name: scene.service.name,
      space_guid: scene.space.guid,
      service_plan_guid: 'plan-small',
      tags: ['a'],
      parameters: hidden,
    },
  })),
  instance('start_create', 'written by v2', 'v2', scene => ({
    request: { name: scene.service.name, space_guid: scene.space.guid, service_plan_guid: 'plan-small' },
  })),
  instance('create', 'by a manifest', 'manifest', scene => ({
    manifest_triggered: true,
    ...managedRequest(scene),
  })),
  instance('update', 'of the plan, written by v3', 'v3', () => ({
    request: { relationships: { service_plan: data('plan-large') } },
  })),
  instance('start_update', 'of parameters, written by v3', 'v3', () => ({ request: { parameters: hidden } })),
  instance('update', 'that renames, written by v3: the target keeps the old name', 'v3', scene => ({
    request: { name: `${scene.service.name}-renamed` },
  })),
  instance('update', 'of the plan, written by v2', 'v2', () => ({
    request: { service_plan_guid: 'plan-large' },
  })),
  instance('update', 'that renames, written by v2: the target has the new name', 'v2', scene => ({
    request: { name: scene.service.name },
  })),
  instance('delete', 'with a null request, written by v3', 'v3', () => ({ request: null })),
  instance('start_delete', 'with a null request, written by v3', 'v3', () => ({ request: null })),
  instance('delete', 'written by v2', 'v2', () => ({ request: {} })),
  instance('start_delete', 'written by v2', 'v2', () => ({ request: {} })),
  instance('purge', 'with a null request', 'v3', () => ({ request: null })),
  instance('show', 'with a null request: reading it writes it', 'v2', () => ({ request: null })),
  instance(
    'create',
    'whose target has lost its name',
    'v2',
    scene => ({ request: { name: scene.service.name } }),
    { acteeName: '' },
  ),
  instance('delete', 'whose target has lost its name', 'v3', () => ({ request: null }), { acteeName: '' }),
  instance('bind_route', 'written by v2: the target is the instance', 'v2', scene => ({
    request: { route_guid: scene.route.guid },
  })),
  instance('unbind_route', 'written by v2: the target is the instance', 'v2', scene => ({
    request: { route_guid: scene.route.guid },
  })),
  instance('share', 'written by v3', 'v3', scene => ({ target_space_guids: [scene.otherSpace.guid] })),
  instance('unshare', 'written by v3', 'v3', scene => ({ target_space_guid: scene.otherSpace.guid })),
  instance('unshare', 'by a purge: an object where a GUID belongs', 'v3', scene => ({
    target_space_guid: {
      guid: scene.otherSpace.guid,
      name: 'shared-into',
      organization_guid: scene.org.guid,
    },
  })),
]

const userProvided = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
) =>
  template(`user_provided_service_instance.${verb}`, what, writer, scene => ({
    actee: scene.service.guid,
    acteeType: 'user_provided_service_instance',
    acteeName: scene.service.name,
    metadata: metadata(scene),
  }))

const userProvidedEvents = [
  userProvided('create', 'written by v3, with passwords in two URLs', 'v3', scene => ({
    request: {
      type: 'user-provided',
      name: scene.service.name,
      credentials: redacted,
      syslog_drain_url: `https://drain:${scene.secret}@logs.example.gov/drain?a=b`,
      route_service_url: `https://proxy:${scene.secret}@routes.example.gov`,
      relationships: { space: data(scene.space.guid) },
    },
  })),
  userProvided('create', 'written by v2', 'v2', scene => ({
    request: {
      name: scene.service.name,
      space_guid: scene.space.guid,
      credentials: redacted,
      syslog_drain_url: `syslog-tls://drain:${scene.secret}@logs.example.gov:6514`,
      route_service_url: '',
    },
  })),
  userProvided('update', 'of its URLs', 'v3', scene => ({
    request: {
      credentials: redacted,
      syslog_drain_url: `https://logs.example.gov/bulk/${scene.secret}/tag?a=b`,
      route_service_url: `https://routes.example.gov/?access_token=${scene.secret}`,
    },
  })),
  userProvided('delete', 'with a null request', 'v3', () => ({ request: null })),
  userProvided('delete', 'written by v2', 'v2', () => ({ request: {} })),
  userProvided('show', 'with a null request: reading it writes it', 'v2', () => ({ request: null })),
]

const routeBinding = (verb: string, what: string, metadata: (scene: Scene) => StoredEvent['metadata']) =>
  template(`service_route_binding.${verb}`, what, 'v3', scene => ({
    actee: scene.binding,
    acteeType: 'service_route_binding',
    acteeName: '',
    metadata: metadata(scene),
  }))

const routeBindingCreate = (scene: Scene) => ({
  relationships: { service_instance: data(scene.service.guid), route: data(scene.route.guid) },
})

const routeBindingEvents = [
  routeBinding('create', 'written by v3', scene => ({ request: routeBindingCreate(scene) })),
  routeBinding('create', 'with raw parameters', scene => ({
    request: {
      ...routeBindingCreate(scene),
      parameters: { token: scene.secret, nested: [{ password: scene.secret }] },
    },
  })),
  routeBinding('start_create', 'with raw parameters', scene => ({
    request: { ...routeBindingCreate(scene), parameters: { token: scene.secret } },
  })),
  routeBinding('delete', 'written by v3', scene => ({
    request: { app_guid: null, route_guid: scene.route.guid, service_instance_guid: scene.service.guid },
  })),
  routeBinding('start_delete', 'written by v3', scene => ({
    request: { app_guid: null, route_guid: scene.route.guid, service_instance_guid: scene.service.guid },
  })),
  routeBinding('update', 'of labels only', () => ({
    request: { metadata: { labels: { team: 'a' }, annotations: {} } },
  })),
]

// --- 4.5 bindings: the target is the binding

const binding = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
  more: Parts = {},
) =>
  template(`service_binding.${verb}`, what, writer, scene => ({
    actee: scene.binding,
    acteeType: 'service_binding',
    acteeName: '',
    metadata: metadata(scene),
    ...more,
  }))

const bindingRelations = (scene: Scene) => ({
  relationships: { app: data(scene.app.guid), service_instance: data(scene.service.guid) },
})

const bindingEvents = [
  binding('create', 'written by v2', 'v2', scene => ({
    request: { type: 'app', name: null, ...bindingRelations(scene), data: hidden },
  })),
  binding('start_create', 'written by v2', 'v2', scene => ({
    request: { type: 'app', name: null, ...bindingRelations(scene), data: hidden },
  })),
  binding('create', 'written by v3', 'v3', scene => ({
    request: { type: 'app', ...bindingRelations(scene) },
  })),
  binding(
    'create',
    'with a name and raw parameters, written by v3',
    'v3',
    scene => ({
      request: {
        type: 'app',
        name: 'primary',
        ...bindingRelations(scene),
        parameters: { password: scene.secret, role: 'admin' },
        strategy: 'multiple',
        metadata: { labels: {}, annotations: {} },
      },
    }),
    { acteeName: 'primary' },
  ),
  binding('start_create', 'with raw parameters, written by v3', 'v3', scene => ({
    request: { type: 'app', ...bindingRelations(scene), parameters: { password: scene.secret } },
  })),
  binding('create', 'by a manifest', 'manifest', scene => ({
    manifest_triggered: true,
    request: { type: 'app', ...bindingRelations(scene), parameters: { key: scene.secret } },
  })),
  binding('delete', 'written by v2', 'v2', scene => ({
    request: { app_guid: scene.app.guid, service_instance_guid: scene.service.guid },
  })),
  binding('start_delete', 'written by v2', 'v2', scene => ({
    request: { app_guid: scene.app.guid, service_instance_guid: scene.service.guid },
  })),
  binding('delete', 'written by v3', 'v3', scene => ({
    request: { app_guid: scene.app.guid, route_guid: null, service_instance_guid: scene.service.guid },
  })),
  binding('start_delete', 'written by v3', 'v3', scene => ({
    request: { app_guid: scene.app.guid, route_guid: null, service_instance_guid: scene.service.guid },
  })),
  binding('show', 'written by v2', 'v2', scene => ({
    request: { service_instance_guid: scene.service.guid, app_guid: scene.app.guid },
  })),
  binding('show', 'written by v3', 'v3', scene => ({
    request: { service_instance_guid: scene.service.guid, app_guid: scene.app.guid },
  })),
  binding('update', 'of labels: no GUID but its own', 'v3', () => ({
    request: { metadata: { labels: { a: 'b' } } },
  })),
]

// --- 4.6 keys

const key = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
) =>
  template(`service_key.${verb}`, what, writer, scene => ({
    actee: scene.key.guid,
    acteeType: 'service_key',
    acteeName: scene.key.name,
    metadata: metadata(scene),
  }))

const keyRequest = (scene: Scene) => ({
  type: 'key',
  name: scene.key.name,
  relationships: { service_instance: data(scene.service.guid) },
})

const keyEvents = [
  key('create', 'written by v2', 'v2', scene => ({
    request: { service_instance_guid: scene.service.guid, name: scene.key.name },
  })),
  key('show', 'written by v2', 'v2', scene => ({
    request: { service_instance_guid: scene.service.guid, name: scene.key.name },
  })),
  key('delete', 'written by v2: it names nothing', 'v2', () => ({ request: {} })),
  key('create', 'written by v3', 'v3', scene => ({ request: keyRequest(scene) })),
  key('create', 'with raw parameters, written by v3', 'v3', scene => ({
    request: { ...keyRequest(scene), parameters: { access_key: scene.secret } },
  })),
  key('start_create', 'with raw parameters, written by v3', 'v3', scene => ({
    request: { ...keyRequest(scene), parameters: { access_key: scene.secret } },
  })),
  key('delete', 'written by v3', 'v3', scene => ({
    request: { app_guid: null, route_guid: null, service_instance_guid: scene.service.guid },
  })),
  key('start_delete', 'written by v3', 'v3', scene => ({
    request: { app_guid: null, route_guid: null, service_instance_guid: scene.service.guid },
  })),
  key('show', 'written by v3', 'v3', scene => ({ request: { service_instance_guid: scene.service.guid } })),
  key('update', 'of labels', 'v3', () => ({ request: { metadata: { labels: { a: 'b' } } } })),
]

// --- 4.7 apps

const app = (
  verb: string,
  what: string,
  writer: Writer,
  metadata: (scene: Scene) => StoredEvent['metadata'],
  more: Parts = {},
) => template(`app.${verb}`, what, writer, scene => ({ metadata: metadata(scene), ...more }))

const crash = (scene: Scene) => ({
  instance: scene.guid(),
  index: 0,
  cell_id: 'cell-1',
  exit_status: 137,
  exit_description: 'APP/PROC/WEB: Exited with status 137 (out of memory)',
  reason: 'CRASHED',
})

const processActor = (scene: Scene): Parts => ({
  actor: scene.app.guid,
  actorType: 'process',
  actorName: 'web',
  actorUsername: '',
})

const buildIds = (scene: Scene) => ({ build_guid: scene.guid(), package_guid: scene.guid() })

const appEvents = [
  app('create', 'written by v3', 'v3', scene => ({
    request: {
      name: scene.app.name,
      relationships: { space: data(scene.space.guid) },
      lifecycle: {
        type: 'buildpack',
        data: {
          buildpacks: ['nodejs_buildpack', `https://deploy:${scene.secret}@git.example.gov/buildpack`],
        },
      },
      environment_variables: hidden,
    },
  })),
  app('create', 'written by v2', 'v2', scene => ({
    request: {
      name: scene.app.name,
      space_guid: scene.space.guid,
      memory: 1024,
      instances: 1,
      state: 'STOPPED',
      environment_json: hidden,
      command: hidden,
    },
  })),
  app('create', 'by a manifest', 'manifest', scene => ({
    manifest_triggered: true,
    request: { name: scene.app.name, relationships: { space: data(scene.space.guid) } },
  })),
  app('update', 'that starts it, written by v2', 'v2', () => ({ request: { state: 'STARTED' } })),
  app('update', 'that scales it, written by v2', 'v2', () => ({ request: { instances: 3 } })),
  app('update', 'that renames it, written by v3', 'v3', scene => ({
    request: { name: `${scene.app.name}-2` },
  })),
  app('update', 'of hidden things, and of a registry', 'v3', scene => ({
    request: {
      environment_variables: hidden,
      command: hidden,
      lifecycle: {
        type: 'cnb',
        data: { credentials: { 'registry.example.gov': { username: 'deploy', password: scene.secret } } },
      },
    },
  })),
  app('apply_manifest', 'with YAML that holds a template', 'v3', scene => ({
    request: {
      manifest: [
        '---',
        'applications:',
        `- name: ${JSON.stringify(scene.app.name)}`,
        "  env: '[PRIVATE DATA HIDDEN]'",
        `  command: echo "{{.Values.x}}" ${scene.secret}`,
        '  services:',
        '  - my-db',
        '  - name: my-service-name',
        '    parameters:',
        `      password: ${scene.secret}`,
        '    binding_name: db',
        '  metadata:',
        '    annotations:',
        '      template: "{{.Values.x}}"',
        '',
      ].join('\n'),
    },
  })),
  app('delete-request', 'written by v3', 'v3', () => ({})),
  app('delete-request', 'written by v2', 'v2', () => ({ request: { recursive: true } })),
  app('start', 'written by v3', 'v3', () => ({})),
  app('stop', 'written by v3', 'v3', () => ({})),
  app('restart', 'written by v3', 'v3', () => ({})),
  app('restage', 'written by v2', 'v2', () => ({})),
  app('copy-bits', 'written by v2', 'v2', scene => ({ destination_app_guid: scene.app.guid })),
  app('upload-bits', 'written by v2', 'v2', () => ({})),
  app('ssh-authorized', '', 'v3', () => ({ index: 0 })),
  app('ssh-unauthorized', '', 'v3', () => ({ index: 0 })),
  app('environment.show', 'written by v3', 'v3', () => ({})),
  app('environment_variables.show', 'written by v3', 'v3', () => ({})),
  app('revision.create', '', 'v3', scene => ({ revision_guid: scene.guid(), revision_version: 2 })),
  app('revision.environment_variables.show', '', 'v3', scene => ({
    revision_guid: scene.guid(),
    revision_version: 2,
  })),
  app('build.create', 'written by v3', 'v3', buildIds),
  app('build.staged', 'by an actor without a name', 'system', buildIds, {
    actorName: null,
    actorUsername: null,
  }),
  app(
    'build.failed',
    'by an actor without a name',
    'system',
    scene => ({
      ...buildIds(scene),
      error_id: 'StagingError',
      error_message: 'NoAppDetectedError',
    }),
    { actorName: null, actorUsername: null },
  ),
  app('deployment.create', 'written by v3', 'v3', scene => ({
    deployment_guid: scene.guid(),
    droplet_guid: scene.guid(),
    type: 'deploy',
    strategy: 'rolling',
    request: { strategy: 'rolling' },
  })),
  app('deployment.cancel', 'written by v3', 'v3', scene => ({
    deployment_guid: scene.guid(),
    droplet_guid: scene.guid(),
  })),
  app('deployment.continue', 'written by v3', 'v3', scene => ({
    deployment_guid: scene.guid(),
    droplet_guid: scene.guid(),
  })),
  app('droplet.create', '', 'v3', scene => ({ droplet_guid: scene.guid(), package_guid: scene.guid() })),
  app('droplet.delete', '', 'v3', scene => ({ droplet_guid: scene.guid() })),
  app('droplet.download', '', 'v3', scene => ({ droplet_guid: scene.guid() })),
  app('droplet.mapped', '', 'v3', scene => ({ request: { droplet_guid: scene.guid() } })),
  app('droplet.upload', '', 'v3', scene => ({ droplet_guid: scene.guid() })),
  app('package.create', '', 'v3', scene => ({ package_guid: scene.guid(), request: { type: 'bits' } })),
  app('package.delete', '', 'v3', scene => ({ package_guid: scene.guid() })),
  app('package.download', '', 'v3', scene => ({ package_guid: scene.guid() })),
  app('package.upload', '', 'v3', scene => ({ package_guid: scene.guid() })),
  app('process.create', '', 'v3', scene => ({ process_guid: scene.guid(), process_type: 'worker' })),
  app('process.delete', '', 'v3', scene => ({ process_guid: scene.guid(), process_type: 'worker' })),
  app('process.scale', '', 'v3', scene => ({
    process_guid: scene.guid(),
    process_type: 'web',
    request: { instances: 2 },
  })),
  app('process.update', '', 'v3', scene => ({
    process_guid: scene.guid(),
    process_type: 'web',
    request: { command: hidden },
  })),
  app('process.terminate_instance', '', 'v3', scene => ({
    process_guid: scene.guid(),
    process_type: 'web',
    process_index: 1,
  })),
  ...['process.crash', 'process.ready', 'process.not-ready', 'process.rescheduling'].map(type =>
    template(`app.${type}`, 'by its process', 'system', scene => ({
      metadata: crash(scene),
      ...processActor(scene),
    })),
  ),
  template('app.crash', 'by the app, whose user name is null', 'system', scene => ({
    metadata: crash(scene),
    actor: scene.app.guid,
    actorType: 'app',
    actorName: scene.app.name,
    actorUsername: null,
  })),
  app('task.create', '', 'v3', scene => ({
    task_guid: scene.guid(),
    request: { name: 'migrate', memory_in_mb: 1024, command: hidden },
  })),
  app('task.cancel', '', 'v3', scene => ({
    task_guid: scene.guid(),
    request: { name: 'migrate', memory_in_mb: 1024, command: hidden },
  })),
]

// --- 4.8 what belongs to no organization, and the rest

const brokerActor: Parts = {
  actor: '00000000-0000-4000-8000-00000000b0b0',
  actorType: 'service_broker',
  actorName: 'postgres-broker',
  actorUsername: '',
}

const catalogue = (
  type: string,
  what: string,
  writer: Writer,
  name: string,
  metadata: () => StoredEvent['metadata'],
  more: Parts = {},
) =>
  template(type, what, writer, scene => ({
    actee: scene.guid(),
    acteeType: type.split('.')[0]!,
    acteeName: name,
    metadata: metadata(),
    ...unscoped,
    ...more,
  }))

const unscopedEvents = [
  catalogue(
    'service.create',
    'by a broker, without a request',
    'system',
    'postgres',
    () => ({
      label: 'postgres',
      description: 'a database',
      bindable: true,
      unique_id: 'postgres-id',
      extra: '{"displayName":"Postgres"}',
      tags: ['sql'],
      service_broker_guid: brokerActor.actor,
    }),
    brokerActor,
  ),
  catalogue(
    'service.update',
    'by a broker, without a request',
    'system',
    'postgres',
    () => ({ description: 'a better database' }),
    brokerActor,
  ),
  catalogue('service.delete', 'by a broker', 'system', 'postgres', () => ({}), brokerActor),
  catalogue('service.delete', 'by a user', 'v3', 'postgres', () => ({ request: {} })),
  catalogue('service.delete', 'that purges', 'v2', 'postgres', () => ({ request: { purge: true } })),
  catalogue(
    'service_plan.create',
    'by a broker, without a request',
    'system',
    'small',
    () => ({
      name: 'small',
      free: true,
      description: 'little',
      service_guid: 'offering-postgres',
      unique_id: 'small-id',
      public: false,
    }),
    brokerActor,
  ),
  catalogue(
    'service_plan.update',
    'by a broker, without a request',
    'system',
    'small',
    () => ({ free: false }),
    brokerActor,
  ),
  catalogue('service_plan.delete', 'by a broker', 'system', 'small', () => ({}), brokerActor),
  catalogue('service_broker.create', 'written by v3', 'v3', 'postgres-broker', () => ({
    request: {
      name: 'postgres-broker',
      url: 'https://broker.example.gov',
      authentication: { type: 'basic', credentials: { username: 'admin', password: hidden } },
    },
  })),
  catalogue('service_broker.create', 'written by v2', 'v2', 'postgres-broker', () => ({
    request: {
      name: 'postgres-broker',
      broker_url: 'https://broker.example.gov',
      auth_username: 'admin',
      auth_password: redacted,
    },
  })),
  catalogue('service_broker.update', 'written by v3', 'v3', 'postgres-broker', () => ({
    request: { url: 'https://new.example.gov' },
  })),
  catalogue('service_broker.delete', '', 'v3', 'postgres-broker', () => ({ request: {} })),
  catalogue(
    'service_dashboard_client.create',
    'by a broker',
    'system',
    'dashboard-client',
    () => ({
      secret: redacted,
      redirect_uri: 'https://dashboard.example.gov',
    }),
    brokerActor,
  ),
  catalogue(
    'service_dashboard_client.delete',
    'by a broker',
    'system',
    'dashboard-client',
    () => ({}),
    brokerActor,
  ),
  template('service_plan_visibility.create', 'written by v2: the target is the visibility', 'v2', scene => ({
    actee: scene.guid(),
    acteeType: 'service_plan_visibility',
    acteeName: '',
    metadata: { request: { service_plan_guid: 'plan-small', organization_guid: scene.org.guid } },
    spaceGuid: '',
  })),
  template('service_plan_visibility.update', 'written by v2: the target is the visibility', 'v2', scene => ({
    actee: scene.guid(),
    acteeType: 'service_plan_visibility',
    acteeName: '',
    metadata: { request: { service_plan_guid: 'plan-small', organization_guid: scene.org.guid } },
    spaceGuid: '',
  })),
  template('service_plan_visibility.update', 'written by v3: the target is the plan', 'v3', scene => ({
    actee: 'plan-small',
    acteeType: 'service_plan_visibility',
    acteeName: '',
    metadata: { request: { type: 'organization', organizations: [{ guid: scene.org.guid }] } },
    ...unscoped,
  })),
  template('service_plan_visibility.delete', 'written by v3', 'v3', scene => ({
    actee: 'plan-small',
    acteeType: 'service_plan_visibility',
    acteeName: '',
    metadata: { request: {} },
    spaceGuid: '',
    orgGuid: scene.org.guid,
  })),
  ...['create', 'update', 'delete', 'upload'].map(verb =>
    catalogue(`buildpack.${verb}`, '', 'v3', 'nodejs_buildpack', () =>
      verb === 'delete'
        ? {}
        : {
            request:
              verb === 'upload'
                ? { bits_path: '/tmp/bits', bits_name: 'nodejs.zip' }
                : { name: 'nodejs_buildpack', stack: 'cflinuxfs4' },
          },
    ),
  ),
  ...['create', 'update', 'delete'].map(verb =>
    catalogue(`stack.${verb}`, '', 'v3', 'cflinuxfs4', () =>
      verb === 'delete' ? {} : { request: { name: 'cflinuxfs4', description: 'Ubuntu' } },
    ),
  ),
  ...['create', 'update', 'delete'].map(verb =>
    catalogue(`organization_quota.${verb}`, '', 'v3', 'default', () =>
      verb === 'delete' ? {} : { request: { name: 'default', apps: { total_memory_in_mb: 10240 } } },
    ),
  ),
  catalogue('blob.remove_orphan', 'by the system', 'system', '', () => ({}), {
    ...system,
    actee: 'directory/ab/cd/orphan-blob',
    acteeType: 'blob',
  }),
]

const orgEvents = [
  template('organization_quota.apply', 'to an organization', 'v3', scene => ({
    actee: 'quota-default',
    acteeType: 'organization_quota',
    acteeName: 'default',
    metadata: { organization_guids: [scene.org.guid] },
    spaceGuid: '',
  })),
  ...['create', 'update', 'delete', 'apply', 'remove'].map(verb =>
    template(`space_quota.${verb}`, '', 'v3', scene => ({
      actee: scene.guid(),
      acteeType: 'space_quota',
      acteeName: 'small-space',
      metadata:
        verb === 'delete'
          ? {}
          : verb === 'apply'
            ? { space_guids: [scene.space.guid] }
            : verb === 'remove'
              ? { space_guid: scene.space.guid }
              : { request: { name: 'small-space', relationships: { organization: data(scene.org.guid) } } },
      ...(verb === 'remove' ? {} : { spaceGuid: '' }),
    })),
  ),
  template('organization.create', 'written by v3', 'v3', scene => ({
    actee: scene.org.guid,
    acteeType: 'organization',
    acteeName: scene.org.name,
    metadata: { request: { name: scene.org.name } },
    spaceGuid: '',
  })),
  template('organization.update', 'that renames', 'v3', scene => ({
    actee: scene.org.guid,
    acteeType: 'organization',
    acteeName: scene.org.name,
    metadata: { request: { name: `${scene.org.name} 2` } },
    spaceGuid: '',
  })),
  template('organization.delete-request', '', 'v3', scene => ({
    actee: scene.org.guid,
    acteeType: 'organization',
    acteeName: scene.org.name,
    metadata: { request: { recursive: true } },
    spaceGuid: '',
  })),
  template('space.create', 'written by v3', 'v3', scene => ({
    actee: scene.space.guid,
    acteeType: 'space',
    acteeName: scene.space.name,
    metadata: { request: { name: scene.space.name, relationships: { organization: data(scene.org.guid) } } },
  })),
  template('space.create', 'written by v2', 'v2', scene => ({
    actee: scene.space.guid,
    acteeType: 'space',
    acteeName: scene.space.name,
    metadata: {
      request: {
        name: scene.space.name,
        organization_guid: scene.org.guid,
        developer_guids: [scene.user.guid],
      },
    },
  })),
  template('space.update', 'that renames', 'v3', scene => ({
    actee: scene.space.guid,
    acteeType: 'space',
    acteeName: scene.space.name,
    metadata: { request: { name: `${scene.space.name}-2` } },
  })),
  template('space.delete-request', '', 'v2', scene => ({
    actee: scene.space.guid,
    acteeType: 'space',
    acteeName: scene.space.name,
    metadata: { request: { recursive: true } },
  })),
]

/** Every shape that any writer gives to any of the 140 types, to be written into a scene. */
export const templates: Template[] = [
  ...roleEvents,
  ...roleOddities,
  ...routeEvents,
  ...policyEvents,
  ...mappingEvents,
  ...instanceEvents,
  ...userProvidedEvents,
  ...routeBindingEvents,
  ...bindingEvents,
  ...keyEvents,
  ...appEvents,
  ...unscopedEvents,
  ...orgEvents,
].map(each => ({ ...each, name: each.name.trim() }))

/** A GUID that says what it stands for. */
const fixed = (kind: string, number = 0) =>
  `${Buffer.from(kind.padEnd(4, '0').slice(0, 4)).toString('hex')}-0000-4000-8000-${String(number).padStart(12, '0')}`

/** The scene of the shapes, the same in each of them. */
export const exampleScene = (number = 0): Scene => {
  let made = 0
  return {
    guid: () => fixed('even', number * 100 + made++),
    timestamp: new Date(Date.UTC(2026, 7, 1, 10, 0, number)).toISOString(),
    actor: {
      guid: fixed('mana'),
      type: 'user',
      name: 'org.manager.mail@example.gov',
      username: 'manager@example.gov',
    },
    user: { guid: fixed('user'), username: 'user.name@example.gov' },
    org: { guid: fixed('orga'), name: 'demo-org' },
    space: { guid: fixed('spac'), name: 'dev' },
    otherSpace: { guid: fixed('othe') },
    app: { guid: fixed('app'), name: 'my-app' },
    service: { guid: fixed('serv'), name: 'my-service-name' },
    route: { guid: fixed('rout'), host: 'myapproute', domainGuid: fixed('doma') },
    binding: fixed('bind'),
    key: { guid: fixed('key'), name: 'my-key' },
    secret: 'hunter2-very-secret',
  }
}

/** One event of every shape. */
export const shapes: Shape[] = templates.map((each, number) => ({
  name: each.name,
  writer: each.writer,
  ...each.write(exampleScene(number)),
}))
