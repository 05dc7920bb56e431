/** Takes memory, writes to all of it, and ends. A machine that lends its free memory to others gets it back by this. */

const GIB = 1024 ** 3;

for (let i = 0; i < 2; i++) new Uint8Array(GIB).fill(1);
