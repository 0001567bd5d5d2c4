/* Which of two versions is older. */
#pragma once

/** Below 0 if `a` is older than `b`, 0 if they are alike, above 0 if newer. Numbers are compared as
 * numbers, so that 1.10 comes after 1.9. */
int version_compare(const char *a, const char *b);
