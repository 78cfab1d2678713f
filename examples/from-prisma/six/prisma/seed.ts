import { PrismaClient } from "@prisma/client";

const prisma = new PrismaClient();

await prisma.author.upsert({
  where: { email: "ada@example.com" },
  update: {},
  create: { email: "ada@example.com", posts: { create: { title: "On engines" } } },
});
