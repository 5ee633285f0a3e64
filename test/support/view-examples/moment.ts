/** All examples happen around this moment: Tuesday, 24 November 2026, 09:00 UTC. */
export const moment = Date.UTC(2026, 10, 24, 9)
export const minutes = (count: number): number => count * 60_000
export const hours = (count: number): number => count * 3_600_000
export const days = (count: number): number => count * 86_400_000
