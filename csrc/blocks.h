/* libcurl's memory: what a block held is overwritten when it is given back, and short blocks are kept for what is asked for next. */
#ifndef STUDIO_BLOCKS_H
#define STUDIO_BLOCKS_H

#pragma GCC visibility push(hidden)

/* Initialises libcurl for the process, with this memory where the system tells how long a block is. Whoever else uses libcurl in this
   process may have come first: then it stays as it was. 0 when it cannot be initialised. */
int studio_blocks_open(void);

/* One engine more is open. Blocks are kept as long as one is. */
void studio_blocks_begin(void);

/* One engine fewer is open. Behind the last, what was kept goes back to malloc. */
void studio_blocks_end(void);

#pragma GCC visibility pop

#endif
