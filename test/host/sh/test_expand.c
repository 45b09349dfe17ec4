// SPDX-License-Identifier: MIT
//
// Expansion, arithmetic and patterns, with a shell that knows only a few variables and files.

#include "tests.h"

#include "expand.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
    struct list variables; // NAME=value
    struct list arguments;
    struct str errors;
    struct str ran; // commands of substitutions
};

static const char *get(void *context, const char *name)
{
    struct world *w = context;
    size_t size = strlen(name);

    if (strcmp(name, "#") == 0) {
        return w->arguments.count == 0 ? "0" : "2";
    }
    for (size_t i = w->variables.count; i > 0; i--) {
        const char *v = w->variables.items[i - 1];

        if (strncmp(v, name, size) == 0 && v[size] == '=') {
            return v + size + 1;
        }
    }
    return NULL;
}

static bool set(void *context, const char *name, const char *value)
{
    struct world *w = context;
    struct str text = {0};

    if (strcmp(name, "readonly") == 0) {
        str_add_text(&w->errors, "readonly!");
        return false;
    }
    str_printf(&text, "%s=%s", name, value);
    list_add(&w->variables, str_text(&text));
    str_free(&text);
    return true;
}

static char *const *arguments(void *context, size_t *count)
{
    struct world *w = context;

    *count = w->arguments.count;
    return w->arguments.items;
}

static bool run(void *context, const struct node *command, struct str *output)
{
    struct world *w = context;

    print_node(&w->ran, command);
    str_add_text(output, "out  put\n\n");
    str_add(output, "\0", 1);
    return true;
}

static void error(void *context, const char *format, ...)
{
    struct world *w = context;
    va_list list;

    va_start(list, format);
    str_vprintf(&w->errors, format, list);
    va_end(list);
}

static const char *home(void *context, const char *user)
{
    (void)context;
    return user[0] == '\0' ? "/home" : NULL;
}

static void list_files(void *context, const char *directory, struct list *names)
{
    static const char *const here[] = {"b.c", "a.c", "a.h", ".hid", "d", "x y", "[z]", NULL};
    static const char *const d[] = {"one", "two", NULL};
    const char *const *all = directory[0] == '\0'           ? here
                             : strcmp(directory, "d/") == 0 ? d
                             : strcmp(directory, "/") == 0  ? d
                                                            : NULL;

    (void)context;
    for (; all != NULL && *all != NULL; all++) {
        list_add(names, *all);
    }
}

static bool exists(void *context, const char *path)
{
    (void)context;
    return strcmp(path, "d/") == 0 || strcmp(path, "d/one") == 0;
}

static void make_env(struct world *w, struct expand_env *env)
{
    *env = (struct expand_env){.context = w,
                               .get = get,
                               .set = set,
                               .arguments = arguments,
                               .run = run,
                               .error = error,
                               .home = home,
                               .files = {.list = list_files, .exists = exists}};
}

static void free_world(struct world *w)
{
    list_free(&w->variables);
    list_free(&w->arguments);
    str_free(&w->errors);
    str_free(&w->ran);
}

// Expands the words of a command to [field][field]; after an error to its text.
static void expand(struct world *w, const char *text, struct str *out)
{
    struct parser *p = malloc(sizeof(*p));
    struct program *program = NULL;
    struct expand_env env;
    struct list fields = {0};
    struct str line = {0};

    assert_non_null(p);
    make_env(w, &env);
    str_printf(&line, "x %s\n", text);
    parser_init(p, NULL, str_text(&line), line.size, 1);
    assert_int_equal(parser_next(p, &program), PARSE_OK);
    if (expand_words(&env, program->node->body->body->body->words->next, &fields)) {
        for (size_t i = 0; i < fields.count; i++) {
            str_printf(out, "[%s]", fields.items[i]);
        }
    } else {
        str_printf(out, "error: %s", str_text(&w->errors));
        str_cut(&w->errors, 0);
    }
    list_free(&fields);
    str_free(&line);
    program_release(program);
    parser_free(p);
    free(p);
}

static void expect_in(struct world *w, const char *text, const char *fields)
{
    struct str out = {0};

    expand(w, text, &out);
    assert_string_equal(str_text(&out), fields);
    str_free(&out);
}

static void expect(const char *text, const char *fields)
{
    struct world w = {0};

    list_add(&w.variables, "s=value");
    list_add(&w.variables, "e=");
    list_add(&w.variables, "sp= a  b ");
    list_add(&w.variables, "star=*.c");
    list_add(&w.variables, "path=/usr/lib/x.tar.gz");
    list_add(&w.variables, "utf=äöü");
    list_add(&w.variables, "n=7");
    list_add(&w.variables, "bad=1x");
    list_add(&w.arguments, "p 1");
    list_add(&w.arguments, "p2");
    expect_in(&w, text, fields);
    free_world(&w);
}

static void test_parameters(void **state)
{
    (void)state;
    expect("$s ${s}x \"$s\" '$s' $none \"$none\"", "[value][valuex][value][$s][]");
    expect("${none:-a b} \"${none:-a b}\" ${e-x} ${e:-x}", "[a][b][a b][x]");
    expect("${s:+yes no} ${e:+x} ${e+set} ${none+x}", "[yes][no][set]");
    expect("${new:=two words} \"$new\"", "[two][words][two words]");
    expect("${#s} ${#none} ${#utf} ${#}", "[5][0][3][2]");
    expect("${path##*/} ${path#*/} ${path%.*} ${path%%.*}", "[x.tar.gz][usr/lib/x.tar.gz]"
                                                            "[/usr/lib/x.tar][/usr/lib/x]");
    expect("${utf#?} ${utf%?} \"${star%\".c\"}\" ${s%x}", "[öü][äö][*][value]");
    expect("${none:?gone away}", "error: none: gone away");
    expect("${none?}", "error: none: parameter not set");
    expect("${readonly:=x}", "error: readonly!");
    expect("${1:=x} ${@:=x}", "error: 1: cannot be assigned to");
}

static void test_splitting(void **state)
{
    (void)state;
    expect("$sp x$sp\"$sp\"", "[a][b][x][a][b][ a  b ]");
    expect("$@ \"$@\" \"$*\" x\"$@\"y $*", "[p][1][p2][p 1][p2][p 1 p2][xp 1][p2y][p][1][p2]");
    expect("$(cmd) \"$(cmd)\" a$(cmd)b", "[out][put][out  put][aout][putb]");
    expect("'' \"\" $e \"$e\" ''$none", "[][][][]");
}

static void test_globbing(void **state)
{
    (void)state;
    expect("*.c '*.c' \\*.c $star \"$star\"", "[a.c][b.c][*.c][*.c][a.c][b.c][*.c]");
    expect("* .h* [ab].c [!a]*", "[[z]][a.c][a.h][b.c][d][x y][.hid][a.c][b.c][[z]][b.c][d][x y]");
    expect("*/ d/* d/o* no* [ [z [z] \\[z]", "[d/][d/one][d/two][d/one][no*][[][[z][[z]][[z]]");
    expect("/* d/one d/*x", "[/one][/two][d/one][d/*x]");
    expect("~ ~/x a~ '~' ~user x=~", "[/home][/home/x][a~][~][~user][x=~]");
}

static void test_arithmetic(void **state)
{
    (void)state;
    expect("$((1+2*3)) $(( (1+2)*3 )) $((n)) $(($n*n)) $((-7/2)) $((-7%2))",
           "[7][9][7][49][-3][-1]");
    expect("$((1<2?3:4)) $((0||2)) $((1&&0)) $((!n)) $((~0)) $((1<<4|1))", "[3][1][0][0][-1][17]");
    expect("$((q=5)) $((q+=2)) $((q<<=1)) $q", "[5][7][14][14]");
    expect("$((9223372036854775807+1)) $((1<<63)) $((-9223372036854775807-1))",
           "[-9223372036854775808][-9223372036854775808][-9223372036854775808]");
    expect(
        "$(((-9223372036854775807-1)/-1)) $(((-9223372036854775807-1)%-1)) $((1<<64)) $((1>>-1))",
        "[-9223372036854775808][0][1][0]");
    expect("$((0x10)) $((010)) $(()) $((none))", "[16][8][0][0]");
    expect("$((0 && 1/0)) $((1 || 1/0)) $((1 ? 2 : 1/0))", "[0][1][2]");
    expect("$((1/0))", "error: arithmetic: division by zero: `1/0'");
    expect("$((1+))", "error: arithmetic: a number is missing: `1+'");
    expect("$((1 2))", "error: arithmetic: cannot understand: `1 2'");
    expect("$((bad))", "error: arithmetic: not a number: `bad'");
    expect("$((99999999999999999999))", "error: arithmetic: number too large: "
                                        "`99999999999999999999'");
}

static void test_arithmetic_depth(void **state)
{
    struct world w = {0};
    struct expand_env env;
    struct str text = {0};
    long long value;

    (void)state;
    make_env(&w, &env);
    for (int i = 0; i < 100000; i++) {
        str_add_char(&text, "(-!~"[i % 4]);
    }
    assert_false(arithmetic(&env, str_text(&text), &value));
    str_free(&text);
    free_world(&w);
}

static void test_patterns(void **state)
{
    (void)state;
    assert_true(pattern_match("a*b?c", "axxbyc"));
    assert_false(pattern_match("a*b?c", "axxbc"));
    assert_true(pattern_match("*", ""));
    assert_true(pattern_match("", ""));
    assert_false(pattern_match("?", ""));
    assert_true(pattern_match("?", "ä"));
    assert_true(pattern_match("[a-cx]", "x"));
    assert_true(pattern_match("[!a-c]", "d"));
    assert_false(pattern_match("[!a-c]", "b"));
    assert_true(pattern_match("[]a]", "]"));
    assert_true(pattern_match("[[:digit:][:upper:]]", "Q"));
    assert_true(pattern_match("[a\\-c]", "-"));
    assert_false(pattern_match("[a\\-c]", "b"));
    assert_true(pattern_match("[ä-ü]", "ö"));
    assert_true(pattern_match("[a", "[a"));
    assert_true(pattern_match("\\*", "*"));
    assert_false(pattern_match("\\*", "x"));
    assert_true(pattern_match("\xff?", "\xff\xfe"));
}

// The pattern that makes matchers with recursion for each * take for ever.
static void test_pattern_takes_no_exponential_time(void **state)
{
    struct str pattern = {0};
    struct str text = {0};

    (void)state;
    for (int i = 0; i < 200; i++) {
        str_add_text(&pattern, "a*");
        str_add_text(&text, "aaaaaaaaaa");
    }
    str_add_char(&pattern, 'b');
    assert_false(pattern_match(str_text(&pattern), str_text(&text)));
    str_free(&pattern);
    str_free(&text);
}

// x=$x$x... ends in an error, not in the end of the shell.
static void test_too_large(void **state)
{
    struct world w = {0};
    struct str big = {0};

    (void)state;
    str_add_text(&big, "x=");
    for (int i = 0; i < 1 << 20; i++) {
        str_add_text(&big, "0123456789abcdef");
    }
    list_add(&w.variables, str_text(&big));
    str_free(&big);
    expect_in(&w, "\"$x$x$x\"", "error: the words of the command are too large");
    free_world(&w);
}

int run_expand_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_splitting),
        cmocka_unit_test(test_globbing),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_arithmetic_depth),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_pattern_takes_no_exponential_time),
        cmocka_unit_test(test_too_large),
    };

    return cmocka_run_group_tests_name("sh: expansion", tests, NULL, NULL);
}
