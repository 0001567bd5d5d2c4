/* The console of a boot: what its stdin reads. */
#pragma once

/** In a boot process: stdin reads this text and then ends; NULL: it ends at once. The runner's own
 * stdin is nothing that a firmware could read. Does not return without. */
void boot_input_open(const char *text);
