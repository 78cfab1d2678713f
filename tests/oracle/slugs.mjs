#!/usr/bin/env node
// Records how Prisma's CLI turns the name of a migration into the name of its folder. It uses `slugify` of
// @sindresorhus/slugify with `_` for blanks, and cuts after 200 characters (checked against the CLI of Prisma 6.19.3).
//
// Usage: node slugs.mjs
// Writes src/migrations/transliteration.txt, which evt uses: for every text that a character beyond ASCII becomes, the
// characters, in hexadecimal, as ranges; a character that is not there becomes nothing and ends a word. And writes
// tests/fixtures/slugs.txt, which the tests compare with: names with their slugs, in pairs of lines.
import { writeFileSync } from 'node:fs'
import slugify from '@sindresorhus/slugify'
import transliterate from '@sindresorhus/transliterate'

// What slugify adds to the table of transliterate.
const customReplacements = [['&', ' and '], ['🦄', ' unicorn '], ['♥', ' love ']]

const characters = new Map()
for (let start = 0x80; start < 0x20000; start += 0x80) {
  if (start >= 0xd800 && start <= 0xdfff) continue
  // Many in one call, since each call prepares the whole table. A blank first keeps marks from joining the line break.
  const block = Array.from({ length: 0x80 }, (_, i) => String.fromCodePoint(start + i))
  const texts = transliterate(block.map((character) => ` ${character}`).join('\n'), { customReplacements }).split('\n')
  texts.forEach((text, i) => {
    const to = text.slice(1)
    if (/^[\x00-\x7f]*$/.test(to)) characters.set(to, [...(characters.get(to) ?? []), start + i])
  })
}

function ranges(codes) {
  const found = []
  for (const code of codes) {
    const last = found.at(-1)
    if (last?.[1] === code - 1) last[1] = code
    else found.push([code, code])
  }
  return found.map(([from, to]) => (from === to ? from.toString(16) : `${from.toString(16)}-${to.toString(16)}`)).join(' ')
}

const table = [...characters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([text, codes]) => `${text}\t${ranges(codes)}\n`)
writeFileSync(new URL('../../src/migrations/transliteration.txt', import.meta.url), table.join(''))

const names = `addUsersTable|HTTPServerID2Thing|usersAPIv2|AAAbbb|Ångström|Øre æ|привет мир|user's list|don't|getURLsNow
v1.2.3|iOS13|a1B2C3|日本語|ABC123|10Users|a&b|a--b__c|abc123Def|  spaced  out |'s|I ♥ unicorns 🦄|straße|STRASSE ẞ|äöü ÄÖÜ
Łódź|cœur|Ελλάδα|ΑΒΓ όνομα|Việt Nam|Tiếng Việt|İstanbul|ığüşöç|addAPIs|foo's bar|foo'suffix|rock 'n' roll|__private__|2fa
naïve café|ĐorđeČŽ|Ђорђе|Ёлка и ёж|Щука Юра Ямб|Їжак ґанок|Љубљана|O'Reilly's|users.createdAt → index|C++|50% off|déjàVu
Հայաստան|საქართველო|العربية|فارسی|עברית|हिन्दी|ไทย|한국어|汉字|ひらがな カタカナ|a①b|💯 done|𝐀bc|½ price|x²|5€ 10$ £1 ¥2|₽ rouble
ﬁne|K kelvin|Å angstrom|Ω ohm|ʰigh|e\u0301tude|A\u030angstro\u0308m|x\u0301y|o\u0302\u0301|\u1e69 \u0073\u0323\u0307|a\u00a0b|a\u200bb
C'est l'été|it's|its'|can't stop|CAN'T|'t|wasn't's|x'S|x'T y|a's's|Don't Panic|fooBar'sBaz|USERS's API|APIs|URLs2|IDs and URLs|XMLs|HTTPs3x
`.split(/[|\n]/).filter(Boolean)
for (const length of [199, 200, 201, 300]) names.push('x'.repeat(length), `${'x'.repeat(length - 1)} y`, `${'ab '.repeat(length / 3)}`)

// And names put together at random, the same each time.
const pieces = ['a', 'B', 'cD', 'API', 's', '1', '23', ' ', '_', '-', '.', "'", "'s", "'t", 'é', 'Ü', 'ß', 'ж', 'Я', 'λ', '日', '&', 'œ', 'đ', '’', 'ı']
let seed = 1
const next = (below) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
  return (seed >>> 8) % below
}
for (let i = 0; i < 1000; i++) names.push(Array.from({ length: 2 + next(9) }, () => pieces[next(pieces.length)]).join(''))

const lines = [...new Set(names)].map((name) => `${name}\n${slugify(name, { separator: '_' }).substring(0, 200)}\n`)
writeFileSync(new URL('../fixtures/slugs.txt', import.meta.url), lines.join(''))
