// SPDX-License-Identifier: MIT
//
// The parser by what the printer makes of its trees, and its error messages.

#include "tests.h"

#include <stdlib.h>

void parse_and_print(const char *text, size_t size, struct str *out, enum parse_result *out_result)
{
    struct parser *p = malloc(sizeof(*p));
    struct program *program;

    assert_non_null(p);
    parser_init(p, NULL, text, size, 1);
    while ((*out_result = parser_next(p, &program)) == PARSE_OK) {
        if (program->node != NULL) {
            print_node(out, program->node);
            str_add_char(out, '\n');
        }
        program_release(program);
    }
    if (*out_result == PARSE_ERROR) {
        str_printf(out, "%d: %s", p->line, p->message);
    }
    parser_free(p);
    free(p);
}

static void expect(const char *text, const char *printed)
{
    struct str out = {0};
    enum parse_result result;

    parse_and_print(text, strlen(text), &out, &result);
    assert_string_equal(str_text(&out), printed);
    str_free(&out);
}

static void test_simple(void **state)
{
    (void)state;
    expect("a=1 b= cmd x >f", "a=1 b= cmd x >f\n");
    expect("cmd x >f 2>&1 <g y", ">f 2>&1 <g cmd x y\n");
    expect("a | b|c && ! d || e; f & g", "a | b | c && ! d || e; f & g\n");
    expect("\n\n  # only a comment\n\n", "");
    expect("a\\\nb c\\\n", "ab c\n");
    expect("echo \\a\\ b 'x'\\''y'", "echo \\a\\ b \\x\\'\\y\n");
    expect("3>f 4<&- 5>&6 >>g <>h >|i", "3>f 4<&- 5>&6 >>g <>h >|i\n");
    expect("cat <<E\na $x\nE\necho", "<<<\"a ${x}\" cat\necho\n");
    expect("cat <<'E'\na $x \"q\"\nE", "<<<\"a \\$x \\\"q\\\"\" cat\n");
    expect("cat <<-E; b\n\t\tx\n\tE\n", "<<<\"x\" cat; b\n");
    expect("cat <<E\nE\n", "</dev/null cat\n");
    expect("cat <<< 'a b'", "<<<\"a b\" cat\n");
}

static void test_compound(void **state)
{
    (void)state;
    expect("if a\nthen b\nelif c; then d; else e\nfi",
           "if a; then b; elif c; then d; else e; fi\n");
    expect("while a; do b; c & done >f", "while a; do b; c & done >f\n");
    expect("for i in 1 $x\ndo a; done; for j do b; done", "for i in 1 ${x}; do a; done; "
                                                          "for j; do b; done\n");
    expect("case $x in a|b) c;; (*) ;; d) e\nesac",
           "case ${x} in (a|b) c ;; (*) ;; (d) e ;; esac\n");
    expect("f() { a; }; g ()\n(b)", "f() { a; }; g() (b)\n");
    expect("( (a) )", "((a))\n");
    expect("{ a\nb; } | { c; }", "{ a; b; } | { c; }\n");
    expect("echo if } done", "echo if } done\n");
}

static void test_words(void **state)
{
    (void)state;
    expect("echo ${x} ${x:-a b} ${#x} ${x%%*/} ${x#'a'}", "echo ${x} ${x:-a b} ${#x} ${x%%*/} "
                                                          "${x#\\a}\n");
    expect("echo \"${x:-\"q\"}\" $@ $1 $# ${10}", "echo \"${x:-\"q\"}\" ${@} ${1} ${#} ${10}\n");
    expect("echo $(a; b) `c \\`d\\`` $( (e) )", "echo $(a; b) $(c $(d)) $( (e))\n");
    expect("echo $((1 + (2*3))) $((x))", "echo $((1 + (2*3))) $((x))\n");
    expect("echo $'a\\n\\x41\\101'", "echo 'a\nAA'\n");
    expect("echo $(cat <<E\nin $((1+1))\nE\n) out", "echo $(<<<\"in $((1+1))\" cat) out\n");
    expect("echo $", "echo \\$\n");
}

static void test_errors(void **state)
{
    (void)state;
    expect("echo 'a\nb", "1: syntax error: no closing '");
    expect("a\n\necho \"x", "a\n3: syntax error: no closing \"");
    expect("if a; then b", "1: syntax error: unexpected end of file");
    expect("a ||\n", "2: syntax error: unexpected end of file");
    expect("fi", "1: syntax error: unexpected `fi'");
    expect("a | | b", "1: syntax error: unexpected `|'");
    expect("a ;; b", "1: syntax error: unexpected `;;'");
    expect("( a", "1: syntax error: unexpected end of file");
    expect("a )", "1: syntax error: unexpected `)'");
    expect("echo ${", "1: bad substitution: ${");
    expect("echo ${x", "1: syntax error: no closing }");
    expect("echo ${x!y}", "1: bad substitution: ${x");
    expect("echo $(a", "1: syntax error: no closing )");
    expect("echo `a", "1: syntax error: no closing `");
    expect("echo $((1", "1: syntax error: no closing )) ");
    expect("for 1 in a; do b; done", "1: syntax error: unexpected `1'");
    expect("for i in a", "1: syntax error: unexpected end of file");
    expect("cat <", "1: syntax error: unexpected end of file");
    expect("a > | b", "1: syntax error: unexpected `|'");
    expect("12>f a", "1: syntax error: file descriptor 12 is not 0 to 9");
    expect("f() a", "1: syntax error: the body of f() must be in { } or ( )");
    expect("{ }", "1: syntax error: unexpected `}'");
    expect("case a in b c", "1: syntax error: unexpected `c'");
}

static void test_nul_byte_is_an_error(void **state)
{
    struct str out = {0};
    enum parse_result result;

    (void)state;
    parse_and_print("echo a\0b", 8, &out, &result);
    assert_int_equal(result, PARSE_ERROR);
    str_free(&out);
}

// Whatever nests deeply is refused, and does not overflow the stack.
static void test_depth(void **state)
{
    static const char *const openings[] = {"(",    "{ ",     "$(",  "\"${x:-",
                                           "if ",  "f() {",  "$((", "case x in x) ",
                                           "${x#", "while ", "a $("};
    (void)state;
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        struct str text = {0};
        struct str out = {0};
        enum parse_result result;

        for (int depth = 0; depth < 100000; depth++) {
            str_add_text(&text, openings[i]);
        }
        parse_and_print(str_text(&text), text.size, &out, &result);
        assert_int_equal(result, PARSE_ERROR);
        str_free(&text);
        str_free(&out);
    }
}

// Long chains are no nesting.
static void test_long_chains(void **state)
{
    static const char *const pieces[] = {"a && ", "a | ", "a; ", "! ", "x=1 ", "a ", ">f ", "a & "};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct str text = {0};
        struct str out = {0};
        enum parse_result result;

        for (int count = 0; count < 20000; count++) {
            str_add_text(&text, pieces[i]);
        }
        str_add_text(&text, "z");
        parse_and_print(str_text(&text), text.size, &out, &result);
        assert_int_equal(result, PARSE_END);
        str_free(&text);
        str_free(&out);
    }
}

// ---- a source that gives a line at a time -------------------------------------------------------

struct lines {
    const char *const *next;
    int asked;
    bool continued;
};

static int more(void *context, struct str *text, bool continued)
{
    struct lines *lines = context;

    lines->asked++;
    lines->continued = continued;
    if (*lines->next == NULL) {
        return -1;
    }
    str_add_text(text, *lines->next++);
    return 1;
}

static const char *alias(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "ll") == 0     ? "ls -l "
           : strcmp(name, "ls") == 0   ? "ls --color"
           : strcmp(name, "loop") == 0 ? "pool"
           : strcmp(name, "pool") == 0 ? "loop"
           : strcmp(name, "dd") == 0   ? "/dir"
           : strcmp(name, "if2") == 0  ? "if true; then"
                                       : NULL;
}

// Reads the commands of some lines; after each, says how many lines had been asked for.
static void expect_lines(const char *const *texts, const char *printed)
{
    struct lines lines = {.next = texts};
    struct parse_source source = {.context = &lines, .more = more, .alias = alias};
    struct parser *p = malloc(sizeof(*p));
    struct program *program;
    struct str out = {0};
    enum parse_result result;

    assert_non_null(p);
    parser_init(p, &source, "", 0, 1);
    while ((result = parser_next(p, &program)) == PARSE_OK) {
        str_printf(&out, "%d:", lines.asked);
        if (program->node != NULL) {
            print_node(&out, program->node);
        }
        str_add_char(&out, '\n');
        program_release(program);
    }
    str_printf(&out, "%d", result);
    assert_string_equal(str_text(&out), printed);
    str_free(&out);
    parser_free(p);
    free(p);
}

static void test_asks_for_no_more_than_it_needs(void **state)
{
    static const char *const texts[] = {"a\n", "\n",   "if b\n", "then c\n", "fi\n",     "d |\n",
                                        "e\n", "'f\n", "g'\n",   "h \\\n",   "i\n",      "j <<E\n",
                                        "k\n", "E\n",  "l; m\n", "f()\n",    "{ n; }\n", NULL};

    (void)state;
    expect_lines(texts,
                 "1:a\n2:\n5:if b; then c; fi\n7:d | e\n9:'f\ng'\n11:h i\n14:<<<\"k\" j\n15:l; m\n"
                 "17:f() { n; }\n3");
}

static void test_given_up_in_the_middle(void **state)
{
    static const char *const texts[] = {"a\n", "if b\n", NULL};

    (void)state;
    expect_lines(texts, "1:a\n3");
}

static void test_aliases(void **state)
{
    static const char *const texts[] = {"ll dd x\n",     "ls\n",   "echo ll\n",    "'ls'\n",
                                        "x=1 ls | ll\n", "loop\n", "if2 ls; fi\n", NULL};

    (void)state;
    expect_lines(texts, "1:ls --color -l /dir x\n2:ls --color\n3:echo ll\n4:'ls'\n"
                        "5:x=1 ls --color | ls --color -l\n6:loop\n"
                        "7:if true; then ls --color; fi\n3");
}

static void test_error_then_next_line(void **state)
{
    struct parser *p = malloc(sizeof(*p));
    struct program *program;

    (void)state;
    assert_non_null(p);
    parser_init(p, NULL, "a )\nb\n", 6, 1);
    assert_int_equal(parser_next(p, &program), PARSE_ERROR);
    assert_null(program);
    parser_drop_input(p);
    assert_int_equal(parser_next(p, &program), PARSE_END);
    parser_free(p);
    free(p);
}

int run_parse_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple),
        cmocka_unit_test(test_compound),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_nul_byte_is_an_error),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_asks_for_no_more_than_it_needs),
        cmocka_unit_test(test_given_up_in_the_middle),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_error_then_next_line),
    };

    return cmocka_run_group_tests_name("sh: parser", tests, NULL, NULL);
}
