import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clock, createClock } from './clock.ts'
import type { Foundation } from './foundation.ts'
import { v2Version, v3Version } from './roots.ts'
import type { Org, Space } from './state.ts'
import type { Session } from './uaa.ts'

/** Programs that answer to the name `cf` without being the Cloud Foundry CLI, or not all of it. */
export type Kind =
  | 'bare-wrapper'
  | 'minimal'
  | 'cloudflare'
  | 'shell-script'
  | 'hang'
  | 'binary-output'
  | 'flood'
  | 'no-exec'

export interface InstallOptions {
  /** The stand-in behaves as this version of cf; 8.18.4 unless said otherwise. */
  version?: string
  /** Something else than cf, for what must be told apart from it. */
  kind?: Kind
  /** A real cf; it is linked under the name `cf`. */
  bin?: string
  foundation?: Foundation
  session?: Session | undefined
  /** The targeted organization and space. */
  org?: Org
  space?: Space
  /** `cf api --skip-ssl-validation`. */
  skipSslValidation?: boolean
  /** `cf config --trace`. */
  trace?: string
  /** The API's address, when it is not the foundation's. */
  target?: string
  /** 4 since 6.52, 3 before; chosen by the version. */
  configVersion?: number
  /** Where to put it all; a new private directory by default. */
  dir?: string
}

// A run of cf-audit in this process has a folder for temporary files of its own.
const temporary = tmpdir()

export interface InstalledCf {
  /** The executable named cf. */
  bin: string
  /** CF_HOME. */
  home: string
  config: string
  /** One JSON line per invocation of the stand-in. */
  log: string
  /** What to run with: PATH with it in front, CF_HOME and HOME. */
  env: Record<string, string>
  /** The time where it runs: that of its foundation. */
  clock: Clock
  remove(): void
}

/** Puts a cf on disk, logged in to a foundation: the stand-in, an impostor, or a real one. */
export const installCf = (options: InstallOptions = {}): InstalledCf => {
  const dir = options.dir ? resolve(options.dir) : mkdtempSync(join(temporary, 'cf-'))
  const home = join(dir, 'home')
  const bin = join(dir, 'bin', 'cf')
  const config = join(home, '.cf', 'config.json')
  const log = join(dir, 'cf.log')
  mkdirSync(dirname(bin), { recursive: true })
  mkdirSync(dirname(config), { recursive: true, mode: 0o700 })
  const version = options.version ?? '8.18.4'
  if (options.bin) symlinkSync(resolve(options.bin), bin)
  else writeStandIn(bin, version, options.kind)
  writeFileSync(config, configJson(options, version), { mode: 0o600 })
  return {
    bin,
    home,
    config,
    log,
    env: {
      PATH: `${dirname(bin)}${delimiter}${process.env.PATH ?? ''}`,
      CF_HOME: home,
      HOME: home,
      CF_STANDIN_LOG: log,
    },
    clock: options.foundation?.clock ?? createClock(),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Just a CF_HOME, for a cf that is where it is. */
const configJson = (options: InstallOptions, version = '8.18.4'): string => {
  const { foundation, session, org, space } = options
  const url = options.target ?? foundation?.url ?? ''
  const [major = 8, minor = 0] = version.split('.').map(Number)
  const old = major < 6 || (major === 6 && minor < 52)
  const uaa = foundation?.url ?? url
  return `${JSON.stringify(
    {
      AccessToken: session ? `bearer ${session.accessToken}` : '',
      APIVersion: url === '' ? '' : major < 7 ? v2Version : v3Version,
      AsyncTimeout: 0,
      AuthorizationEndpoint: uaa,
      CFOnK8s: { Enabled: false, AuthInfo: '' },
      ColorEnabled: '',
      ConfigVersion: options.configVersion ?? (old ? 3 : 4),
      DopplerEndPoint: '',
      Locale: '',
      LogCacheEndPoint: '',
      MinCLIVersion: '',
      MinRecommendedCLIVersion: '',
      NetworkPolicyV1Endpoint: '',
      OrganizationFields: { GUID: org?.guid ?? '', Name: org?.name ?? '' },
      PluginRepos: null,
      RefreshToken: session?.refreshToken ?? '',
      RoutingAPIEndpoint: '',
      SpaceFields: { GUID: space?.guid ?? '', Name: space?.name ?? '', AllowSSH: false },
      SSHOAuthClient: 'ssh-proxy',
      SSLDisabled: options.skipSslValidation ?? false,
      Target: url,
      Trace: options.trace ?? '',
      UaaEndpoint: uaa,
      UAAGrantType: '',
      UAAOAuthClient: 'cf',
      UAAOAuthClientSecret: '',
    },
    null,
    2,
  )}`
}

const here = dirname(fileURLToPath(import.meta.url))

const writeStandIn = (bin: string, version: string, kind: Kind | undefined): void => {
  if (kind === 'shell-script') {
    writeFileSync(bin, '#!/bin/sh\necho "this is not the program you are looking for: $*"\n', { mode: 0o755 })
    return
  }
  // Where the coverage of src is measured, that of the stand-in is of no use, and takes time.
  const measured = process.env.NODE_V8_COVERAGE ? '/usr/bin/env -S -u NODE_V8_COVERAGE ' : ''
  // A file without an ending is CommonJS; the absolute path of node works whatever PATH is.
  writeFileSync(
    bin,
    `#!${measured}${process.execPath}\n` +
      `process.env.CF_STANDIN_VERSION ??= ${JSON.stringify(version)}\n` +
      (kind ? `process.env.CF_STANDIN_KIND ??= ${JSON.stringify(kind)}\n` : '') +
      `import(${JSON.stringify(`file://${join(here, 'cf.js')}`)})\n`,
    { mode: 0o755 },
  )
  if (kind === 'no-exec') chmodSync(bin, 0o644)
}

/** A copy of an executable under another name, such as cf8 on PATH. */
export const alsoAs = (installed: InstalledCf, name: string): string => {
  const copy = join(dirname(installed.bin), basename(name))
  copyFileSync(installed.bin, copy)
  chmodSync(copy, 0o755)
  return copy
}
