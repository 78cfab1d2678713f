#!/usr/bin/env node
// Records what Prisma tells generators ("DMMF") of every valid schema with a datasource, as the SHA-256 of the document:
//   tests/fixtures/dmmf/prisma-6.19.3-7.10.1.txt   for the cases of tests/fixtures/validate/*.case
//   tests/fixtures/dmmf/corpus.txt                 for the schemas below ../shared/corpus, if that is there
//
// Usage: npm install --ignore-scripts && node dmmf.mjs
// No server is needed. `node dmmf.mjs --print NAME` prints the document of a case instead.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cases, corpus, rules } from './cases.mjs'

const require = createRequire(import.meta.url)
const engines = new Map()
const fixtures = new URL('../fixtures/dmmf/', import.meta.url)

// Some inputs make the reference crash; it has to be loaded anew then.
function describe(files) {
  const major = rules(files)
  if (!engines.has(major)) engines.set(major, require(`prisma-schema-${major}`))
  try {
    return engines.get(major).get_dmmf(JSON.stringify({ prismaSchema: files, noColor: true }))
  } catch {
    delete require.cache[require.resolve(`prisma-schema-${major}`)]
    engines.delete(major)
    return null
  }
}

const hasDatasource = ({ files }) => files.some(([, text]) => /^\s*datasource\s.*\{/m.test(text))
const hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

function record(schemas, file) {
  const rows = []
  for (const { name, files } of schemas) {
    const document = describe(files)
    if (document) rows.push(`${name}\t${hash(document)}\n`)
  }
  if (rows.length) writeFileSync(new URL(file, fixtures), rows.join(''))
}

const wanted = process.argv[2] === '--print' && process.argv[3]
if (wanted) {
  const found = [...cases(), ...corpus()].find(({ name }) => name === wanted)
  console.log(found ? describe(found.files) : `no case ${wanted}`)
} else {
  record([...cases()].filter(hasDatasource), 'prisma-6.19.3-7.10.1.txt')
  record([...corpus()].filter(hasDatasource), 'corpus.txt')
}
