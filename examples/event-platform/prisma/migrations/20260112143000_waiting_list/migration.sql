-- AlterTable
ALTER TABLE "bookings" ADD COLUMN     "waiting" BOOLEAN NOT NULL DEFAULT false;
