-- CreateIndex
CREATE INDEX CONCURRENTLY "events_starts_at_idx" ON "events"("starts_at");
