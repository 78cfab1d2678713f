// Where evt's script differs from Prisma's on purpose: because Prisma's fails, loses data or never comes to rest.
// Each rule takes away what it explains from both scripts; what is left must be equal.

const parse = (script) =>
  script
    .replace(/^-- This is an empty migration.\n?$/, '')
    .trimEnd()
    .split(/\n\n(?=-- [A-Z])/)
    .filter(Boolean)
    .map((block) => {
      const [heading, ...lines] = block.split('\n')
      return { kind: heading.slice(3), lines }
    })

const text = (blocks) => blocks.map((b) => [`-- ${b.kind}`, ...b.lines].join('\n')).join('\n\n')

const statement = (block) => block.lines.join('\n')
const foreignKey = (block) => /ALTER TABLE (\S+|".*?") (?:ADD|DROP|RENAME) CONSTRAINT ("(?:[^"]|"")*")/.exec(statement(block))
const keyOf = (block) => foreignKey(block)?.slice(1).join(' ')

// The lines of a block, each changed or taken away.
const clauses = (block, change) => {
  const lines = statement(block).split('\n')
  const out = []
  for (const line of lines) {
    const changed = change(line)
    if (changed != null) out.push(changed)
  }
  return { ...block, lines: out }
}

const alterTables = (change) => (blocks) =>
  blocks.map((b) => (b.kind === 'AlterTable' ? split(b, change) : b)).filter((b) => b.kind !== 'AlterTable' || b.lines.length)

// `ALTER TABLE "T" a,\nb;` as `"T": a` and `"T": b`, so that a clause can be taken away alone.
function split(block, change) {
  let table = ''
  const out = []
  for (let line of block.lines) {
    const start = /^ALTER TABLE ((?:"[^"]*"\.)?"[^"]*") (.*)$/.exec(line)
    if (start) [, table, line] = start
    line = line.replace(/[,;]$/, '')
    const known = /^".*?": /.exec(line) ? line : `${table}: ${line}`
    const changed = change(known)
    if (changed != null) out.push(changed)
  }
  return { ...block, lines: out }
}

// Whether a model has two indexes on the same columns.
function hasTwins(schema) {
  return schema.split(/^}/m).some((model) => {
    const names = (text) => text.replace(/\(.*?\)/g, '').split(',').map((n) => n.trim()).join()
    const blocks = [...model.matchAll(/@@(?:index|unique)\(\[(.*?)\]/g)].map((m) => names(m[1]))
    const fields = [...model.matchAll(/^  (\w+) .*@unique/gm)].map((m) => m[1])
    const all = [...blocks, ...fields]
    return new Set(all).size < all.length
  })
}

const rules = {
  'new values stand where the schema has them': (ours, theirs) => [
    ours.map((b) => clauses(b, (l) => l.replace(/^(ALTER TYPE .* ADD VALUE '.*?') BEFORE '.*';$/, '$1;'))),
    theirs,
  ],
  'namespaces are made before they are used': (ours, theirs) => [
    ours.filter((b) => b.kind !== 'CreateSchema' || theirs.some((t) => statement(t) === statement(b))),
    theirs,
  ],
  'the swap of an enum runs': (ours, theirs) => {
    const swapped = (b) => b.kind === 'AlterEnum' && /CREATE TYPE (.*)_new" AS/.exec(statement(b))?.[1]
    const names = new Set(ours.map(swapped).filter(Boolean))
    const nameOf = (b) => b.kind === 'AlterEnum' && (swapped(b) ?? /ALTER TYPE (.*)" ADD VALUE/.exec(statement(b))?.[1])
    const mark = (b) => (names.has(nameOf(b)) ? { kind: 'AlterEnum', lines: [`swap ${nameOf(b)}`] } : b)
    const around = (b) => names.size && /Index$/.test(b.kind) && !theirs.some((t) => statement(t) === statement(b)) && again.has(indexOf(b))
    const indexOf = (b) => /INDEX (?:"[^"]*"\.)?("[^"]*")(?: ON|;)/.exec(statement(b))?.[1]
    const again = new Set(ours.filter((b) => b.kind === 'CreateIndex' && / WHERE /.test(statement(b))).map(indexOf))
    return [
      ours.map(mark).filter((b) => !around(b) && (b.kind !== 'DropEnum' || !/_old";$/.test(statement(b)))),
      theirs.map(mark),
    ]
  },
  'foreign keys are away while what they rest on changes': (ours, theirs) => {
    const named = (list, kind) => new Set(list.filter((b) => b.kind === kind).map(keyOf))
    const [dropped, added] = [named(ours, 'DropForeignKey'), named(theirs, 'DropForeignKey')]
    const renamed = new Map(
      theirs
        .filter((b) => b.kind === 'RenameForeignKey')
        .map((b) => /ALTER TABLE (.*) RENAME CONSTRAINT (".*") TO (".*");/.exec(statement(b)))
        .map(([, table, from, to]) => [`${table} ${from}`, `${table} ${to}`]),
    )
    const extra = new Set([...dropped].filter((k) => !added.has(k)))
    const gone = new Set(), come = new Set()
    for (const key of extra) {
      const now = renamed.get(key) ?? key
      if (named(ours, 'AddForeignKey').has(now) && !named(theirs, 'AddForeignKey').has(now)) gone.add(key), come.add(now)
    }
    return [
      ours.filter((b) => !(b.kind === 'DropForeignKey' && gone.has(keyOf(b))) && !(b.kind === 'AddForeignKey' && come.has(keyOf(b)))),
      theirs.filter((b) => !(b.kind === 'RenameForeignKey' && gone.has(keyOf(b)))),
    ]
  },
  'sequences': (ours, theirs) => {
    // Names that are quoted where they have to be, and not longer than PostgreSQL takes.
    const named = (l) => (/_seq/.test(l) ? l.replace(/(CREATE SEQUENCE .*) AS \w+$/, '$1').replace(/"/g, '').toLowerCase().replace(/\w{50,}_seq/g, 'seq') : l)
    const change = alterTables((l) =>
      /SELECT setval|DROP SEQUENCE|ALTER SEQUENCE .* AS /.test(l)
        ? null
        : named(l).replace('SET DATA TYPE BIGSERIAL', 'SET DATA TYPE BIGINT').replace('SET DATA TYPE SMALLSERIAL', 'SET DATA TYPE SMALLINT').replace('SET DATA TYPE SERIAL', 'SET DATA TYPE INTEGER'),
    )
    return [change(ours), change(theirs)]
  },
  'an index that is made anew gets its name at once': (ours, theirs) => {
    const created = new Set(theirs.filter((b) => b.kind === 'CreateIndex').map((b) => /INDEX (".*?") ON/.exec(statement(b))[1]))
    return [ours, theirs.filter((b) => b.kind !== 'RenameIndex' || !created.has(/TO (".*");/.exec(statement(b))[1]))]
  },
  'a primary key that is made anew gets its name at once': (ours, theirs) => [
    ours,
    theirs.map((b) =>
      b.kind === 'AlterTable' && /DROP CONSTRAINT/.test(statement(b)) && /ADD CONSTRAINT/.test(statement(b))
        ? clauses(b, (l) => (/RENAME CONSTRAINT/.test(l) ? null : l))
        : b,
    ),
  ],
  'values get to the new type': (ours, theirs) => {
    const toList = new Set(split({ lines: ours.flatMap((b) => b.lines) }, (l) => l).lines.map((l) => /^(.*)SET DATA TYPE .* USING CASE/.exec(l)?.[1]))
    const change = alterTables((l) => (/DROP NOT NULL$/.test(l) && toList.has(l.replace(/DROP NOT NULL$/, '')) ? null : l.replace(/(SET DATA TYPE .*?) USING .*$/, '$1')))
    return [change(ours), change(theirs)]
  },
  'a default does not stand in the way of a type': (ours, theirs) => {
    const lines = new Set(theirs.flatMap((b) => b.lines))
    const retyped = new Set(ours.flatMap((b) => b.lines).map((l) => /^(".*": ALTER COLUMN ".*") SET DATA TYPE/.exec(l)?.[1]).filter(Boolean))
    const change = alterTables((l) => {
      const of = /^(".*": ALTER COLUMN ".*") (SET|DROP) DEFAULT/.exec(l)?.[1]
      return of && retyped.has(of) && !lines.has(l) ? null : l
    })
    return [change(ours), alterTables((l) => l)(theirs)]
  },
  'defaults that are constant times are compared': (ours, theirs) => {
    const lines = new Set(theirs.flatMap((b) => b.lines))
    const change = alterTables((l) =>
      /ALTER COLUMN .* SET DEFAULT (CURRENT_TIMESTAMP|'\d{4}-\d\d-\d\d .*')$/.test(l) && !lines.has(l) ? null : l,
    )
    return [change(ours), theirs]
  },
  'a number that becomes a constant gets it once': (ours, theirs) => {
    const set = new Set(theirs.flatMap((b) => b.lines).map((l) => /^(".*": ALTER COLUMN ".*") SET DEFAULT/.exec(l)?.[1]).filter(Boolean))
    return [ours, alterTables((l) => (set.has(/^(".*": ALTER COLUMN ".*") DROP DEFAULT$/.exec(l)?.[1]) ? null : l))(theirs)]
  },
  'an index that goes with a column of its condition is made anew': (ours, theirs) => {
    const clauses = split({ lines: theirs.flatMap((b) => b.lines) }, (l) => l).lines
    const recreated = clauses.map((l) => /^".*?": DROP COLUMN (".*")$/.exec(l)?.[1]).filter((name) => name && clauses.some((l) => l.includes(`ADD COLUMN     ${name} `)))
    const nameOf = (b) => /INDEX (?:"[^"]*"\.)?("[^"]*")(?: ON|;)/.exec(statement(b))?.[1]
    const again = ours.filter((b) => b.kind === 'CreateIndex' && recreated.some((name) => / WHERE (.*);$/.exec(statement(b))?.[1].includes(name)))
    const names = new Set(again.map(nameOf).filter((name) => !theirs.some((b) => /Index$/.test(b.kind) && nameOf(b) === name)))
    return [ours.filter((b) => !(/^(Drop|Create)Index$/.test(b.kind) && names.has(nameOf(b)))), theirs]
  },
  'indexes with twins are matched one to one': (ours, theirs, pair) => {
    if (!hasTwins(pair.from) && !hasTwins(pair.to)) return [ours, theirs]
    const index = (b) => /Index$/.test(b.kind)
    const among = (list) => new Set(list.map(statement))
    const [a, b] = [among(ours), among(theirs)]
    return [ours.filter((x) => !index(x) || b.has(statement(x))), theirs.filter((x) => !index(x) || a.has(statement(x)))]
  },
  'names that are taken become free first': (ours, theirs) => {
    const order = (list) => [...list].sort((a, b) => (text([a]) < text([b]) ? -1 : 1))
    const early = ours.findIndex((b) => b.kind === 'DropTable') < ours.findIndex((b) => b.kind === 'CreateEnum')
    const renamedFirst = ours.findIndex((b) => b.kind === 'RenameIndex') < ours.findLastIndex((b) => b.kind === 'CreateIndex')
    const swapped = ours.some((b) => b.lines.some((l) => l.startsWith('swap ')))
    const renames = ours.filter((b) => b.kind === 'RenameIndex').map((b) => /("[^"]*") RENAME TO (".*");/.exec(statement(b)))
    const chain = renames.some(([, , to]) => renames.some(([, from]) => from === to))
    return early || renamedFirst || swapped || chain ? [order(ours), order(theirs)] : [ours, theirs]
  },
}

/** Names of the rules that explain the difference, or null. */
export function explain(ours, theirs) {
  let [a, b] = [parse(ours.script), parse(theirs.script)]
  const reasons = []
  for (const [name, rule] of Object.entries(rules)) {
    if (text(a) === text(b)) break
    const before = [text(a), text(b)]
    ;[a, b] = rule(a, b, ours)
    if (name !== 'a default does not stand in the way of a type' || text(a) !== before[0])
      if (text(a) !== before[0] || text(b) !== before[1]) reasons.push(name)
  }
  if (text(a) !== text(b)) return null
  // Names with namespaces, and sections of their own for tables of the same name.
  const plain = (summary) => {
    let heading = ''
    const lines = []
    for (const line of summary.replace(/(?<=^  - |`)(Zed|auth|public)\./gm, '').split('\n')) {
      if (!line.startsWith(' ')) heading = line
      else lines.push(`${heading} ${line}`)
    }
    return lines.filter((l) => !l.startsWith('[+] Added Schemas')).sort().join('\n')
  }
  // A constant time is a default like any other.
  if (/DateTime.*@default\("/.test(ours.from + ours.to)) {
    const [x, y] = [ours, theirs].map((side) => side.summary.replace(/default changed(, )?/g, ''))
    if (x === y) return reasons.length ? reasons : ['defaults that are constant times are compared']
  }
  const changesSteps = reasons.some((r) => !/^(new values|namespaces|values get|sequences)/.test(r))
  if (!changesSteps && plain(ours.summary) !== plain(theirs.summary)) return null
  return reasons.length ? reasons : ['names in summaries have namespaces']
}
