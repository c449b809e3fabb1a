// SPDX-License-Identifier: GPL-3.0-or-later
#include "verdict_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "view/markup.h"

bool verdict_report_begin(struct verdict_report *report, bool tap, const char *junit,
                          struct error *error)
{
	*report = (struct verdict_report){ .tap = tap, .path = junit };
	if (junit && !savefile_begin(&report->junit, junit, error)) {
		report->junit.path = NULL;
		return false;
	}
	if (tap)
		puts("TAP version 13");
	if (junit)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n",
		      report->junit.file);
	return true;
}

/* ---- TAP ---- */

/* A number sign begins a directive. */
static void print_description(const char *text, size_t len)
{
	const char *mark;
	while ((mark = memchr(text, '#', len))) {
		text_print(stdout, text, (size_t)(mark - text));
		fputs("\\#", stdout);
		len -= (size_t)(mark + 1 - text);
		text = mark + 1;
	}
	text_print(stdout, text, len);
}

static void print_case(struct verdict_report *report, const struct verdict *verdict)
{
	printf("%sok %zu - ", verdict->result == VERDICT_FAILED ? "not " : "", ++report->cases);
	print_description(verdict->where, strlen(verdict->where));
	if (verdict->text) {
		fputs(": ", stdout);
		print_description(verdict->text, strlen(verdict->text));
	}
	if (verdict->result > VERDICT_FAILED) {
		fputs(" # SKIP ", stdout);
		text_print(stdout, verdict->why, strlen(verdict->why));
	}
	putchar('\n');
	fflush(stdout);
}

/* ---- JUnit ---- */

static void write_text(FILE *file, const char *text, size_t len)
{
	struct buf out = { .max = SIZE_MAX };
	markup_text(&out, text, len);
	fwrite(buf_data(&out), 1, out.len, file);
	buf_free(&out);
}

static void write_lines(FILE *file, const char *text)
{
	const char *feed;
	for (; (feed = strchr(text, '\n')); text = feed + 1) {
		write_text(file, text, (size_t)(feed - text));
		fputc('\n', file);
	}
	write_text(file, text, strlen(text));
}

/* <failure message="first line">all of it</failure> */
static void write_reason(FILE *file, const char *tag, const char *why)
{
	fprintf(file, "<%s message=\"", tag);
	write_text(file, why, strcspn(why, "\n"));
	fputs("\">", file);
	write_lines(file, why);
	fprintf(file, "</%s>", tag);
}

static void begin_case(FILE *file, const char *suite, const char *name, size_t name_len,
                       const char *text, int64_t took)
{
	fputs("<testcase classname=\"", file);
	write_text(file, suite, strlen(suite));
	fputs("\" name=\"", file);
	write_text(file, name, name_len);
	fputs(text ? ": " : "", file);
	write_text(file, text ? text : "", text ? strlen(text) : 0);
	fprintf(file, "\" time=\"%" PRId64 ".%06" PRId64 "\">", took / CLOCK_S,
	        took % CLOCK_S / CLOCK_US);
}

static void write_case(struct verdict_report *report, const struct verdict *verdict)
{
	FILE *file = report->junit.file;
	begin_case(file, report->suite, verdict->where, strlen(verdict->where), verdict->text,
	           verdict->took);
	if (verdict->result == VERDICT_FAILED)
		write_reason(file, "failure", verdict->why);
	else if (verdict->result != VERDICT_PASSED)
		write_reason(file, "skipped", verdict->why);
	fputs("</testcase>\n", file);
}

/* Written at the end into room of a fixed width: they are known only then. */
static void write_counts(const struct verdict_report *report)
{
	const struct verdict_counts *counts = &report->counts;
	int64_t took = clock_now() - report->since;
	fprintf(report->junit.file,
	        "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%" PRId64
	        ".%06" PRId64 "\"",
	        counts->cases, counts->failed, counts->errors, counts->skipped, took / CLOCK_S,
	        took % CLOCK_S / CLOCK_US);
}

/* ---- both ---- */

void verdict_report_suite(struct verdict_report *report, const char *path)
{
	enum { COUNTS_ROOM = 180 };
	FILE *file = report->junit.file;
	report->suite = path;
	report->counts = (struct verdict_counts){ 0 };
	report->since = clock_now();
	if (!report->path)
		return;
	fputs("<testsuite name=\"", file);
	write_text(file, path, strlen(path));
	fputs("\" ", file);
	report->counts_at = ftell(file);
	fprintf(file, "%*s>\n", COUNTS_ROOM, "");
}

void verdict_report_add(struct verdict_report *report, const struct verdict *verdict)
{
	report->counts.cases++;
	report->counts.failed += verdict->result == VERDICT_FAILED;
	report->counts.skipped += verdict->result > VERDICT_FAILED;
	if (report->tap)
		print_case(report, verdict);
	if (report->path)
		write_case(report, verdict);
}

void verdict_report_suite_end(struct verdict_report *report, const char *wrong, const char *said)
{
	FILE *file = report->junit.file;
	if (wrong && report->tap) {
		fputs("Bail out! ", stdout);
		text_print(stdout, wrong, strcspn(wrong, "\n"));
		putchar('\n');
		report->bailed = true;
	}
	if (!report->path)
		return;
	if (wrong) {
		report->counts.cases++;
		report->counts.errors++;
		begin_case(file, report->suite, report->suite, strlen(report->suite), NULL, 0);
		write_reason(file, "error", wrong);
		fputs("</testcase>\n", file);
	}
	if (*said) {
		fputs("<system-out>", file);
		write_lines(file, said);
		fputs("</system-out>\n", file);
	}
	fputs("</testsuite>\n", file);
	long end = ftell(file);
	if (fseek(file, report->counts_at, SEEK_SET) == 0)
		write_counts(report);
	fseek(file, end, SEEK_SET);
}

bool verdict_report_end(struct verdict_report *report, struct error *error)
{
	if (report->tap && !report->bailed)
		printf("1..%zu\n", report->cases);
	if (report->path)
		fputs("</testsuites>\n", report->junit.file);
	if (report->path && !savefile_end(&report->junit, error))
		return false;
	if (!report->tap || fflush(stdout) == 0)
		return true;
	error_errno(error, errno, "standard output");
	return false;
}
