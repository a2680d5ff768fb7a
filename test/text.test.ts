import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isSecretName, redactedExcerpt, redactUrls } from '../src/secrets.ts'
import { escapeControls, escapeLines, escapeUncolored, grouped, shellLine } from '../src/text.ts'
import { fc, holds } from './generated/check.ts'

const signs = suite('what must be seen, never obeyed')

const texts: readonly (readonly [text: string, shown: string])[] = [
  ['', ''],
  ['plain text, with "quotes" and {{braces}}', 'plain text, with "quotes" and {{braces}}'],
  ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
  ['\u001b]8;;http://evil\u0007link', '␛]8;;http://evil␇link'],
  ['a\nb\r\nc\td', 'a␊b␍␊c␉d'],
  ['\u0000\u0001\u001f', '␀␁␟'],
  ['\u007f', '␡'],
  ['\u0085\u009b31m', '\\u{85}\\u{9b}31m'],
  ['\u202eabc\u202c', '\\u{202e}abc\\u{202c}'],
  ['\u2066a\u2069', '\\u{2066}a\\u{2069}'],
  ['\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{61c}'],
  ['\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['a\u200bb', 'a\\u{200b}b'],
  ['a\u00adb', 'a\\u{ad}b'],
  ['\ufeffa', '\\u{feff}a'],
  ['\u2060\u180e', '\\u{2060}\\u{180e}'],
  ['\u{e0041}\u{e007f}', '\\u{e0041}\\u{e007f}'],
  ['a\ud800b', 'a\\u{d800}b'],
  ['a\udc00', 'a\\u{dc00}'],
  // Other scripts, marks and joined emoji are names like any other.
  ['Größe 日本語 שלום مرحبا e\u0301', 'Größe 日本語 שלום مرحبا e\u0301'],
  ['🚀 👩‍🚀 🏳️‍🌈', '🚀 👩‍🚀 🏳️‍🌈'],
  ['\u00a0\u3000', '\u00a0\u3000'],
  ['\ufffd', '\ufffd'],
]
for (const [text, shown] of texts) signs(JSON.stringify(text), () => assert.is(escapeControls(text), shown))

signs('twice is as good as once', () => {
  for (const [text] of texts) assert.is(escapeControls(escapeControls(text)), escapeControls(text))
})

signs('no control, and nothing that turns the direction, is left of any character', () => {
  for (let code = 0; code < 0x10000; code++) {
    const shown = escapeControls(String.fromCharCode(code))
    assert.not.match(
      shown,
      /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff]/,
      code.toString(16),
    )
  }
})

signs('of several lines the breaks and tabs stay', () => {
  assert.is(escapeLines('a\tb\n\u001b[31mc\r\n\n\u202ed'), 'a\tb\n␛[31mc␍\n\n\\u{202e}d')
  assert.is(escapeLines(''), '')
  assert.is(escapeLines('\n'), '\n')
})
signs.run()

const windows = suite('command lines on Windows')

for (const [words, line] of [
  [['cf-audit', 'routes', 'demo-org', '--month', 'last'], 'cf-audit routes demo-org --month last'],
  [['cf-audit', 'routes', '-O', 'C:\\reports\\routes.csv'], 'cf-audit routes -O C:\\reports\\routes.csv'],
  // cmd.exe reads double quotes alike.
  [['cf', 'org', 'my org', '--guid'], 'cf org "my org" --guid'],
  [['cf', 'org', "Köln's & co"], `cf org "Köln's & co"`],
  [['cf', 'org', ''], 'cf org ""'],
  // Numbers that PowerShell would take for others.
  [['--limit', '10', '--since', '7d', '--until', '2026-11-01'], '--limit 10 --since "7d" --until 2026-11-01'],
  [['--type', 'audit.user.*'], '--type "audit.user.*"'],
  [['cf', 'a$b', '50%', 'a`b', 'say "x"'], `cf 'a$b' '50%' 'a\`b' 'say "x"'`],
  [['cf', "$it's", '$‘a’'], "cf '$it''s' '$‘‘a’’'"],
  [['cf', 'a\n"$b', '\u{e0041}'], 'cf "a$([char]0xa)`"`$b" "$([char]0xdb40)$([char]0xdc41)"'],
  [['C:\\Program Files\\cf\\cf.exe', 'login'], '& "C:\\Program Files\\cf\\cf.exe" login'],
] as const)
  windows(line, () => assert.is(shellLine(words, 'win32'), line))
windows.run()

const excerpts = suite('excerpts')

const quoted: readonly (readonly [text: string, shown: string])[] = [
  ['', ''],
  ['  \n ', ''],
  [' one\n\n  two\tthree ', 'one two three'],
  ['\0\0a\0b\0', 'ab'],
  ['a \u001b[2J b', 'a ␛[2J b'],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), `${'x'.repeat(200)}…`],
]
for (const [text, shown] of quoted) {
  excerpts(JSON.stringify(text).slice(0, 60), () => assert.is(redactedExcerpt(text), shown))
}

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl-_'
const redacted: readonly (readonly [text: string, shown: string])[] = [
  [`{"AccessToken": "bearer ${jwt}"}`, '{"AccessToken": "[REDACTED]"}'],
  [`bearer ${jwt}`, 'bearer [REDACTED]'],
  ['"RefreshToken":"0123456789abcdef-r"', '"RefreshToken":"[REDACTED]"'],
  ['refresh_token=abcdefghijkl&grant_type=x', 'refresh_token=[REDACTED]&grant_type=x'],
  [`RefreshToken:abcdefgh,${jwt.slice(0, 30)}`, 'RefreshToken:[REDACTED]'],
  ['Authorization: Basic Y2Y6Y2Y=', 'Authorization: Basic [REDACTED]'],
  ['authorization: bearer abcd-efgh', 'authorization: bearer [REDACTED]'],
  ['Set-Cookie: JSESSIONID=1; Path=/\nnext', 'Set-Cookie: [REDACTED] next'],
  [`${'x'.repeat(190)} ${jwt}`, `${'x'.repeat(190)} [REDACTED…`],
  // Bearer words that are no JWT
  ['using bearer 3f2a9c0d7b', 'using bearer [REDACTED]'],
  ['Bearer opaquetoken', 'Bearer [REDACTED]'],
  // Names with values
  ['password=hunter2 user=me', 'password=[REDACTED] user=me'],
  ['PASSWORD: x', 'PASSWORD: [REDACTED]'],
  ['"db_password" : "two words, and more"', '"db_password" : "[REDACTED]"'],
  [`CF_PASSWORD='it is "quoted"'`, `CF_PASSWORD='[REDACTED]'`],
  ['passwd=a;pwd=b', 'passwd=[REDACTED];pwd=[REDACTED]'],
  ['password=hun,ter;2(x), host=x', 'password=[REDACTED], host=x'],
  ['"password":"hun\\"ter2","a":1', '"password":"[REDACTED]","a":1'],
  [`PASSWORD=$'hunter 2'`, `PASSWORD=$'[REDACTED]'`],
  ['pass: abc, pw=abc', 'pass: [REDACTED], pw=[REDACTED]'],
  ['passphrase: abc', 'passphrase: [REDACTED]'],
  ['passcode=abc123', 'passcode=[REDACTED]'],
  ['api_key=0a1b, apikey: c, API-KEY=d', 'api_key=[REDACTED], apikey: [REDACTED], API-KEY=[REDACTED]'],
  ['AWS_SECRET_ACCESS_KEY=abc/def+g', 'AWS_SECRET_ACCESS_KEY=[REDACTED]'],
  ['client_secret=s3cr3t&x=1', 'client_secret=[REDACTED]&x=1'],
  ['GET /x?sig=abc&signature=def&expires=1', 'GET /x?sig=[REDACTED]&signature=[REDACTED]&expires=1'],
  // Command lines, as set -x prints them
  [
    '+ cf login -a https://api.x -u me -p hunter2 -o demo',
    '+ cf login -a https://api.x -u me -p [REDACTED] -o demo',
  ],
  [`+ cf login --password 'two words'`, `+ cf login --password '[REDACTED]'`],
  [`+ cf login -a https://api.x -p'hunter 2' -o demo`, '+ cf login -a https://api.x -p[REDACTED] -o demo'],
  ['+ cf login -phunter2 -o demo', '+ cf login -p[REDACTED] -o demo'],
  ['--client-secret hunter2', '--client-secret [REDACTED]'],
  ['+ curl -u me:hunter2 https://x', '+ curl -u me:[REDACTED] https://x'],
  ['+ cf auth me hunter2', '+ cf auth [REDACTED]'],
  ['+ cf8 auth "my name" "hunter 2" --origin x', '+ cf8 auth [REDACTED]'],
  ['+ cf auth --client-credentials me hunter2', '+ cf auth [REDACTED]'],
  ['your passcode Abc-123_x is used', 'your passcode [REDACTED] is used'],
  // User information in URLs
  ['proxy http://me:hunter2@proxy.x:3128 refused', 'proxy http://[REDACTED]@proxy.x:3128 refused'],
  ['postgres://u:p@ss@db/x?y=1', 'postgres://[REDACTED]@db/x?y=1'],
  ['https://token@github.com/x.git', 'https://[REDACTED]@github.com/x.git'],
]
for (const [text, shown] of redacted)
  excerpts(`secrets are left out: ${text.slice(0, 50)}`, () => assert.is(redactedExcerpt(text), shown))

for (const text of [
  'The token expired, was revoked, or is wrong.',
  'Invalid auth token: no such one',
  'Basic authentication is off',
  'bearer tokens are off; the bearer token is missing',
  'the passcode expired',
  'Get "https://api.x/v3/organizations": dial tcp 10.0.0.1:443: connect: connection refused',
  'https://api.x/users?email=me@example.gov and me@example.gov',
  'design: blue, assign=1',
  'Organization quota not applied',
])
  excerpts(`an ordinary sentence stays: ${text.slice(0, 50)}`, () => assert.is(redactedExcerpt(text), text))

excerpts('text of any kind takes no time', () => {
  const started = performance.now()
  for (const text of [
    'token: ',
    'eyJ',
    ' ',
    'cookie: ',
    'authorization: basic ',
    'token"',
    '\0 ',
    'password ',
    'password="',
    'a://',
    'a://b:c@',
    'bearer ',
    'cf auth a ',
    '--',
    ' -p ',
    'passcode\t',
  ])
    redactedExcerpt(text.repeat(300_000))
  assert.ok(performance.now() - started < 5000)
  for (const text of [
    'password: "',
    '://',
    'a://b',
    '://a.',
    ':/',
    '?a=',
    '&',
    '@',
    '://,,,:',
    'x@',
    '://a:1/?b=%3a%2f%2f',
    '?b=%3a%2f%2f',
    '%3a%2f%2f',
  ])
    redactUrls(`https://${text.repeat(200_000)}`)
  redactUrls(`https://${','.repeat(200_000)}:x`)
  assert.ok(performance.now() - started < 10_000)
})

excerpts('of another length', () => {
  assert.is(redactedExcerpt('abcdef', 3), 'abc…')
  assert.is(redactedExcerpt('abc', 3), 'abc')
})

excerpts('no half of a character at the cut', () => {
  for (let length = 195; length < 202; length++) {
    assert.ok(redactedExcerpt(`${'x'.repeat(length)}🚀🚀🚀`).isWellFormed(), `after ${length}`)
  }
})

excerpts('a mebibyte of NULs is nothing', () => assert.is(redactedExcerpt('\0'.repeat(2 ** 20)), ''))
excerpts.run()

const urls = suite('URLs')

const credentials: readonly (readonly [url: string, safe: string])[] = [
  ['https://user:hunter2@x.example.gov/a?b=c#d', 'https://[REDACTED]@x.example.gov/a?b=c#d'],
  ['https://hunter2@x.example.gov', 'https://[REDACTED]@x.example.gov'],
  ['https://:hunter2@x.example.gov', 'https://[REDACTED]@x.example.gov'],
  ['https://user:hunter%40%2F2@x.example.gov', 'https://[REDACTED]@x.example.gov'],
  ['HTTPS://user:hunter2@[2001:db8::1]:8443/x', 'HTTPS://[REDACTED]@[2001:db8::1]:8443/x'],
  ['jdbc:mysql://user:hunter2@x.y/db', 'jdbc:mysql://[REDACTED]@x.y/db'],
  ['see (https://user:hunter2@x.y/z).', 'see (https://[REDACTED]@x.y/z).'],
  ['a https://u:hunter2@x.y and ftp://u:hunter2@z', 'a https://[REDACTED]@x.y and ftp://[REDACTED]@z'],
  ['https://x.y/a,https://u:hunter2@x.y', 'https://x.y/a,https://[REDACTED]@x.y'],
  ['https://x.y,https://u:hunter2@x.y', 'https://x.y,https://[REDACTED]@x.y'],
  ['https://cache.x.y/https://u:hunter2@x.y', 'https://cache.x.y/https://[REDACTED]@x.y'],
  // A URL alone may hold what no URL should.
  ['https://user:hun@ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun/ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:2/hunter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://us.er:2/hunter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun?ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun#ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun"ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun\\ter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:hun\nter2@x.y/z', 'https://[REDACTED]@x.y/z'],
  ['https://user:a://hunter2@x.y/z', 'https://[REDACTED]://[REDACTED]@x.y/z'],
  ['https://user:hunter2', 'https://[REDACTED]'],
  // By name.
  ['https://x.y/z?token=hunter2', 'https://x.y/z?token=[REDACTED]'],
  ['https://x.y/z?a=b&X-Amz-Signature=hunter2#c', 'https://x.y/z?a=b&X-Amz-Signature=[REDACTED]'],
  ['https://x.y/z?code=hunter2#state=a', 'https://x.y/z?code=[REDACTED]#state=a'],
  ['https://x.y/z?to=/a?token=hunter2&b=c', 'https://x.y/z?to=/a?token=[REDACTED]&b=c'],
  ['https://x.y/z?a=b,token=hunter2,c=d', 'https://x.y/z?a=b,token=[REDACTED],c=d'],
  ['jdbc:postgresql://x.y/z?password=hun#ter;2,x?y', 'jdbc:postgresql://x.y/z?password=[REDACTED]'],
  ['https://x.y/z?sv=1&sig=hunter%202', 'https://x.y/z?sv=1&sig=[REDACTED]'],
  ['https://x.y/z#access_token=hunter2', 'https://x.y/z#access_token=[REDACTED]'],
  [
    'jdbc:sqlserver://x.y;user=a;password=hunter 2;b=c',
    'jdbc:sqlserver://x.y;user=a;password=[REDACTED];b=c',
  ],
  ['see https://x.y/?key=hunter2 now', 'see https://x.y/?key=[REDACTED] now'],
  ['{"u":"https:\\/\\/x.y?a=b\\u0026apiKey=hunter2"}', '{"u":"https:\\/\\/x.y?a=b\\u0026apiKey=[REDACTED]"}'],
  ['https://x.y/?to=https%3A%2F%2Fu%3Ahunter2%40x.y&a=b', 'https://x.y/?to=[REDACTED]&a=b'],
]
for (const [url, safe] of credentials) {
  urls(JSON.stringify(url), () => {
    assert.is(redactUrls(url), safe)
    assert.is(redactUrls(safe), safe, 'twice')
  })
}

for (const url of [
  '',
  'no url',
  'bob@example.gov',
  'git@github.com:a/b.git',
  'registry.example.gov:5000/a/b@sha256:0',
  'https://x.example.gov',
  'https://x.example.gov:8443/a?b=c&d=e@f#g@h',
  'https://x.example.gov/@a/b@c',
  'https://localhost/a@b',
  'https://[2001:db8::1]/a@b',
  'https://***:***@x.y/z',
  'https://@x.y',
  'file:///home/a@b',
  'https://x.y/?author=bob&design=a&tok=&token=&token=***',
  'dial http://10.0.0.1:8080: refused, ask bob@example.gov',
  'see https://x.y, or ask bob@example.gov',
])
  urls(`${JSON.stringify(url)} stays`, () => assert.is(redactUrls(url), url))

urls('any user and password, as URLs write them: none of it is left, and nothing else is gone', () =>
  holds(
    1000,
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', 'in words: ', '{"url":"'),
      (url, word, before) => {
        const user = encodeURIComponent(`u:hunter2${word.toWellFormed()}2retnuh`).replace('%3A', ':')
        assert.is(
          redactUrls(before + url.replace('://', `://${user}@`)),
          before + redactUrls(url).replace('://', '://[REDACTED]@'),
        )
      },
    ),
  ),
)

urls('any password, in a URL alone', () =>
  holds(
    1000,
    fc.property(fc.string({ unit: 'grapheme' }), word => {
      fc.pre(!word.includes('://'))
      assert.not.match(redactUrls(`https://user:hunter2${word}2retnuh@x.example.gov/z`), /hunter2|2retnuh/)
    }),
  ),
)

urls('names of secrets', () => {
  for (const name of [
    'password',
    'db-password',
    'PASSWD',
    'clientSecret',
    'refresh_token',
    'API-Key',
    'accessKeyId',
    'credentials',
    'passcode',
    'private key',
    'pass',
    'db_pass',
    'Authorization',
    'set-cookie',
    'ssh-key',
    'connectionString',
  ])
    assert.ok(isSecretName(name), name)
  for (const name of ['name', 'key', 'author', 'guid', 'process_type', 'service_key_guid', 'compass', 'sshd'])
    assert.not.ok(isSecretName(name), name)
})
urls.run()

const painted = suite('lines that we have painted')

for (const [text, shown] of [
  ['\u001b[32mcreate\u001b[39m\n', '\u001b[32mcreate\u001b[39m\n'],
  ['\u001b[31ma\u001b[39m\t\u001b[35mb\u001b[39m', '\u001b[31ma\u001b[39m\t\u001b[35mb\u001b[39m'],
  // What is not ours is shown, also where it is much like ours or stands between.
  ['\u001b[32m\u001b[2J\u001b[39m', '\u001b[32m␛[2J\u001b[39m'],
  ['\u001b[30m\u001b[8m\u001b[0m\u001b[m', '␛[30m␛[8m␛[0m␛[m'],
  ['\u001b[1;31m \u001b[41m \u001b[38;5;1m', '␛[1;31m ␛[41m ␛[38;5;1m'],
  ['\u009b31m \u001b]0;title\u0007', '\\u{9b}31m ␛]0;title␇'],
  ['\u001b\u001b[31m[2J', '␛\u001b[31m[2J'],
  ['a\rb\u202e', 'a␍b\\u{202e}'],
] as const) {
  painted(JSON.stringify(text), () => assert.is(escapeUncolored(text), shown))
}
painted.run()

const numbers = suite('numbers for people')

numbers('as Intl groups them', () =>
  holds(
    200,
    fc.property(fc.maxSafeNat(), count => assert.is(grouped(count), count.toLocaleString('en'))),
  ),
)
numbers.run()
