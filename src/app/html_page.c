// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/html_page.h"

#include "view/markup.h"

/* clang-format off: a rule a line */
#define LIGHT                                                                                      \
	"--bg:#fff;--ink:#16191d;--faint:#565d66;--line:#868e98;--grid:#d6dae0;--in:#05489b;"      \
	"--out:#14662a;--second:#8a4b00;--state:#0b5563;--bad:#a80000;--soft:#f2f4f6;--badsoft:#"  \
	"fdf0ef"
#define DARK                                                                                       \
	"--bg:#14171a;--ink:#e4e7ea;--faint:#a3abb4;--line:#79828c;--grid:#363d45;--in:#82b7ff;"   \
	"--out:#75d08f;--second:#f0b065;--state:#6fd0de;--bad:#ff9d94;--soft:#1e2328;--badsoft:#"  \
	"2f1d1c"

static const char page_style[] =
        ":root{color-scheme:light dark;" LIGHT "}\n"
        "@media (prefers-color-scheme:dark){:root{" DARK "}}\n"
        "body{margin:0 auto;max-width:70rem;padding:1rem 1.25rem 3rem;background:var(--bg);"
        "color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\n"
        "h1{font-size:1.7rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere}\n"
        "h2{font-size:1.3rem;margin:2.2rem 0 .6rem;padding-bottom:.2rem;"
        "border-bottom:1px solid var(--grid);overflow-wrap:anywhere}\n"
        "h3{font-size:1.1rem;margin:1.6rem 0 .4rem}\n"
        "h4{font-size:1rem;margin:1rem 0 .3rem}\n"
        "p{margin:.5rem 0;max-width:50rem;overflow-wrap:anywhere}\n"
        "a{color:var(--in)}\n"
        ":focus-visible{outline:3px solid var(--in);outline-offset:2px}\n"
        "code,pre,.rows,.list th,.list td{font-family:ui-monospace,monospace;"
        "font-size:.85rem}\n"
        "pre{padding:.5rem .75rem;background:var(--soft);overflow-x:auto}\n"
        "nav ul{list-style:none;padding:0;margin:.3rem 0;columns:14rem auto}\n"
        "nav .l3{padding-left:1.2rem}\n"
        "nav li{break-inside:avoid}\n"
        ".about{color:var(--faint)}\n"
        "table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}\n"
        "caption{text-align:left;font-weight:600;font-size:.9rem;padding:.3rem 0}\n"
        ".rows caption,.vh{position:absolute;width:1px;height:1px;overflow:hidden;"
        "clip-path:inset(50%)}\n"
        "th,td{text-align:left;vertical-align:top;padding:.15rem .9rem .15rem 0;"
        "font-weight:400}\n"
        "thead th{font:600 .8rem/1.5 system-ui,sans-serif!important;color:var(--faint);"
        "border-bottom:2px solid var(--grid)}\n"
        "tbody tr{border-bottom:1px solid var(--grid)}\n"
        ".list tbody th{font-weight:600}\n"
        ".list td:last-child{min-width:9rem}\n"
        ".r{white-space:nowrap}\n"
        ".rows tbody th{color:var(--faint);white-space:nowrap;width:1%}\n"
        ".rows td.d{width:1%;padding-right:.6rem;font-weight:700}\n"
        ".rows td.x,.rows td.z{white-space:pre-wrap;overflow-wrap:anywhere}\n"
        ".rows td.z{color:var(--faint);padding-right:0;min-width:6.2rem}\n"
        "td .m{background:var(--grid);border-radius:.15rem}\n"
        ".i,dd.i{color:var(--in)}\n"
        ".o{color:var(--out)}\n"
        ".s{color:var(--state)}\n"
        ".e{color:var(--bad)}\n"
        ".f,.t{color:var(--faint)}\n"
        "tr.e,tr.i,tr.o,tr.s{color:inherit}\n"
        "tr.e td,tr.e th{background:var(--badsoft)}\n"
        "tr.why td{font:.9rem/1.45 system-ui,sans-serif;padding-bottom:.5rem}\n"
        "tr.why td[colspan]{border-left:3px solid var(--bad);padding-left:.7rem}\n"
        "tr.why p{margin:.15rem 0}\n"
        "tr.cut td,p.cut{font:.9rem/1.45 system-ui,sans-serif;background:var(--soft);"
        "padding:.3rem .6rem}\n"
        "dl.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));"
        "gap:.1rem 1.5rem;margin:.5rem 0}\n"
        "dl.fields div{display:flex;gap:.6rem;break-inside:avoid}\n"
        "dt{color:var(--faint);flex:0 0 7.5rem;font-size:.9rem}\n"
        "dd{margin:0;font-family:ui-monospace,monospace;font-size:.85rem;"
        "overflow-wrap:anywhere}\n"
        ".gauge{display:inline-block;width:5rem;height:.55rem;border:1px solid var(--line)}\n"
        ".gauge span{display:block;height:100%;background:var(--in)}\n"
        "summary{cursor:pointer;color:var(--faint);padding:.2rem 0}\n"
        ".wide{overflow-x:auto}\n"
        "svg{font:13px ui-monospace,monospace;white-space:pre}\n"
        "svg.ladder,svg.graph{display:block;width:100%;min-width:48rem;max-width:64rem}\n"
        "svg.heads{position:absolute;width:0;min-width:0}\n"
        "svg.ends{position:sticky;top:0;background:var(--bg)}\n"
        "svg.ladder+svg.ends{display:none}\n"
        "@media (min-width:52rem){\n"
        ".wide{overflow:visible}}\n"
        "footer{margin-top:3rem;padding-top:.5rem;border-top:1px solid var(--grid);"
        "color:var(--faint);font-size:.9rem}\n"
        "@media (max-width:45rem){\n"
        ".rows thead th{white-space:normal}.rows td.x{min-width:8rem}.rows td.z{"
        "min-width:0}.rows{font-size:.75rem}th,td{padding-right:.5rem}}\n"
        "@media (max-width:24rem){\n"
        "body{padding:.5rem}.rows td.x{min-width:0;width:60%}.rows tbody th{white-space:normal}}\n"
        "@media print{\n"
        ":root{" LIGHT ";--ink:#000;--bg:#fff}\n"
        "body{max-width:none;padding:0;font-size:10pt}\n"
        ".wide{overflow:visible}\n"
        "tr,svg.ladder,svg.graph,dl.fields div,pre{break-inside:avoid}\n"
        "tr.e{break-after:avoid}\n"
        "thead{display:table-header-group}\n"
        "h1,h2,h3,h4,summary{break-after:avoid}\n"
        "svg.ladder,svg.graph{min-width:0;max-width:100%}\n"
        "svg.ends{break-after:avoid;position:static}\n"
        "svg.ladder+svg.ends{display:block}\n"
        "a{color:inherit;text-decoration:none}\n"
        "}\n";
/* clang-format on */

void html_page_begin(const char *title, const char *const styles[], struct buf *out)
{
	buf_append_text(
	        out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	             "<meta http-equiv=\"Content-Security-Policy\" "
	             "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	             "<meta name=\"color-scheme\" content=\"light dark\"/>\n");
	markup_printf(out, "<title>%s</title>\n<style>\n", title);
	buf_append_text(out, page_style);
	for (size_t i = 0; styles[i]; i++)
		buf_printf(out, "%s\n", styles[i]);
	buf_append_text(out, "</style>\n</head>\n<body>\n");
}

void html_page_end(const char *words, struct buf *out)
{
	markup_printf(out,
	              "</main>\n<footer><p>This page stands alone: it has no script and loads "
	              "nothing. %s</p></footer>\n</body>\n</html>\n",
	              words);
}

bool html_page_write(const struct buf *page, FILE *file)
{
	return fwrite(buf_data(page), 1, page->len, file) == page->len && fflush(file) == 0;
}
