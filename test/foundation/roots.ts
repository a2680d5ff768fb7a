import { type Answer, json } from './answer.ts'

export const v3Version = '3.228.0'
export const v2Version = '2.293.0'

/** GET /: answers anybody. Some links are null on a real foundation; the link to v2 is absent when it is off. */
export const root = (url: string, v2: boolean): Answer =>
  json({
    links: {
      self: { href: url },
      ...(v2 ? { cloud_controller_v2: { href: `${url}/v2`, meta: { version: v2Version } } } : {}),
      cloud_controller_v3: { href: `${url}/v3`, meta: { version: v3Version } },
      network_policy_v0: { href: `${url}/networking/v0/external` },
      network_policy_v1: { href: `${url}/networking/v1/external` },
      login: { href: url },
      uaa: { href: url },
      credhub: null,
      routing: null,
      logging: null,
      log_cache: { href: url },
      log_stream: null,
      app_ssh: { href: '127.0.0.1:2222', meta: { host_key_fingerprint: 'none', oauth_client: 'ssh-proxy' } },
    },
  })

/** GET /v3. */
export const v3Root = (url: string): Answer =>
  json({
    links: {
      self: { href: `${url}/v3` },
      ...Object.fromEntries(
        [
          'app_usage_events',
          'apps',
          'audit_events',
          'domains',
          'organizations',
          'roles',
          'routes',
          'service_instances',
          'spaces',
          'users',
        ].map(name => [name, { href: `${url}/v3/${name}` }]),
      ),
    },
  })

/** GET /v2/info: still answers when v2 is off, and says so. */
export const v2Info = (url: string, v2: boolean, user: string | undefined): Answer =>
  json({
    name: 'demo',
    build: '',
    support: v2 ? 'https://support.example.gov' : 'CF API v2 is disabled',
    version: 0,
    description: 'a foundation on loopback',
    authorization_endpoint: url,
    token_endpoint: url,
    min_cli_version: null,
    min_recommended_cli_version: null,
    app_ssh_endpoint: '127.0.0.1:2222',
    app_ssh_host_key_fingerprint: 'none',
    app_ssh_oauth_client: 'ssh-proxy',
    doppler_logging_endpoint: url.replace(/^http/, 'ws'),
    api_version: v2 ? v2Version : '',
    osbapi_version: '2.15',
    ...(user === undefined ? {} : { user }),
  })

/** GET /login of the UAA, which v6 and v7 ask for the version of. */
export const loginInfo = (url: string): Answer =>
  json({
    app: { version: '78.0.0' },
    links: { uaa: url, passwd: '/forgot_password', login: url, register: '/create_account' },
    zone_name: 'uaa',
    entityID: 'demo',
    prompts: { username: ['text', 'Email'], password: ['password', 'Password'] },
    timestamp: '2026-01-01T00:00:00+0000',
  })
