// SPDX-License-Identifier: MIT
//
// Paths as text.

#include "tests.h"

#include <errno.h>
#include <stdlib.h>

// Joins into memory of exactly the size that __fd_path_room() says.
static long join(const char *base, const char *path, char **out, struct path_end *end)
{
    *out = malloc(__fd_path_room(base, path));
    return __fd_path_join(base, path, *out, end);
}

struct example {
    const char *base, *path, *result;
    enum path_last last;
    bool slash, escaped;
};

static void test_path_join_normalises(void **state)
{
    static const struct example examples[] = {
        {"/", "/", "/", PATH_ROOT, true, false},
        {"/a", "/", "/", PATH_ROOT, true, false},
        {"/", "a", "/a", PATH_NAME, false, false},
        {"/a/b", "c", "/a/b/c", PATH_NAME, false, false},
        {"/a/b", "/c", "/c", PATH_NAME, false, false},
        {"/a/b", ".", "/a/b", PATH_DOT, true, false},
        {"/a/b", "./", "/a/b", PATH_DOT, true, false},
        {"/a/b", "..", "/a", PATH_DOT_DOT, true, false},
        {"/a/b", "../..", "/", PATH_DOT_DOT, true, false},
        {"/a/b", "../../..", "/", PATH_DOT_DOT, true, true},
        {"/a/b", "../../../c", "/c", PATH_NAME, false, true},
        {"/", "a//b///c", "/a/b/c", PATH_NAME, false, false},
        {"/", "a/b/", "/a/b", PATH_NAME, true, false},
        {"/", "//a/./b/../c", "/a/c", PATH_NAME, false, false},
        {"/x", "a/..", "/x", PATH_DOT_DOT, true, false},
        {"/", "...", "/...", PATH_NAME, false, false},
        {"/", ".a", "/.a", PATH_NAME, false, false},
        {"/", "a../..b", "/a../..b", PATH_NAME, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *e = &examples[i];
        struct path_end end;
        char *out;

        assert_int_equal(join(e->base, e->path, &out, &end), 0);
        assert_string_equal(out, e->result);
        assert_int_equal(end.last, e->last);
        assert_int_equal(end.slash, e->slash);
        assert_int_equal(end.escaped, e->escaped);
        free(out);
    }
}

static void test_path_join_refuses_what_is_too_long(void **state)
{
    char path[5000];
    struct path_end end;
    char *out;

    (void)state;
    assert_int_equal(join("/", "", &out, &end), -ENOENT);
    free(out);
    memset(path, 'x', sizeof(path));
    path[256] = '\0';
    assert_int_equal(join("/", path, &out, &end), -ENAMETOOLONG);
    free(out);
    path[255] = '\0';
    assert_int_equal(join("/", path, &out, &end), 0);
    free(out);
    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = i % 2 == 0 ? '/' : 'x';
    }
    path[4096] = '\0';
    assert_int_equal(join("/", path, &out, &end), -ENAMETOOLONG);
    free(out);
    path[4095] = '\0';
    assert_int_equal(join("/", path, &out, &end), 0);
    free(out);
    path[4094] = '\0';
    // Each alone is fine; together they are not.
    assert_int_equal(join("/base", path + 1, &out, &end), -ENAMETOOLONG);
    free(out);
}

// Whatever goes in, what comes out is absolute and normalised, and does not change again.
static void test_path_join_of_anything_is_normal(void **state)
{
    static const char alphabet[] = "/.ab/../";
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char path[24], *base, *out, *again;
        struct path_end end;
        size_t size = 1 + next_random(&seed) % (sizeof(path) - 1);

        for (size_t i = 0; i < size; i++) {
            path[i] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
        }
        path[size] = '\0';
        assert_int_equal(join("/", "b/a", &base, &end), 0);
        assert_int_equal(join(base, path, &out, &end), 0);
        assert_int_equal(out[0], '/');
        assert_null(strstr(out, "//"));
        assert_null(strstr(out, "/./"));
        assert_null(strstr(out, "/../"));
        assert_true(strcmp(out, "/") == 0 || out[strlen(out) - 1] != '/');
        assert_int_equal(join("/", out, &again, &end), 0);
        assert_string_equal(out, again);
        assert_false(end.escaped);
        free(base);
        free(out);
        free(again);
    }
}

static void test_path_below_respects_components(void **state)
{
    (void)state;
    assert_string_equal(__fd_path_below("/", "/a/b"), "a/b");
    assert_string_equal(__fd_path_below("/", "/"), "");
    assert_string_equal(__fd_path_below("/a", "/a"), "");
    assert_string_equal(__fd_path_below("/a", "/a/b"), "b");
    assert_null(__fd_path_below("/a", "/ab"));
    assert_null(__fd_path_below("/a/b", "/a"));
    assert_null(__fd_path_below("/b", "/a"));
}

int run_path_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_join_normalises),
        cmocka_unit_test(test_path_join_refuses_what_is_too_long),
        cmocka_unit_test(test_path_join_of_anything_is_normal),
        cmocka_unit_test(test_path_below_respects_components),
    };

    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
