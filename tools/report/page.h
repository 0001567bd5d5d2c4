/* The report: one HTML page that needs nothing else. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"
#include "text.h"

struct page_case {
    bool ended, passed, skipped;
    char *html;     /* its part of the page (report_case.h) */
    json_t *quirks; /* names of the hazards that it met */
};

struct page {
    const struct scenario *const *scenarios; /* borrowed */
    struct page_case *cases;                 /* one a scenario */
    size_t count;
    const json_t *sweeps; /* records (sweep_results.h), borrowed; NULL: none */
    uint32_t release;     /* that was asked for; 0: none */
    json_t *releases;     /* scenarios against releases (release_runs_json), borrowed; NULL: none */
    bool strict;          /* the run was one with --strict */
    size_t steps;         /* bytes of text that each scenario's steps may take */
};

struct page page_create(const struct scenario *const *scenarios, size_t count);
void page_free(struct page *page);

/** Takes what a worker has gathered of scenario `index` (report_case_run); facts NULL: it crashed,
 * and `why` says how. */
void page_take(struct page *page, size_t index, const json_t *facts, const char *why);

/** How many have failed, or never ended. */
size_t page_failed(const struct page *page);
size_t page_skipped(const struct page *page);

/** Adds the whole page. */
void page_add(struct text *out, const struct page *page);
