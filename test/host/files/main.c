// SPDX-License-Identifier: MIT
//
// Protocols, the vfs library, ramfs and bootfs in the laboratory: clients and servers are threads
// on the real kernel core.

#include "tests.h"

int main(int argc, char **argv)
{
    static struct CMUnitTest all[128];
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        {message_tests, message_test_count}, {hostile_tests, hostile_test_count},
        {vfs_tests, vfs_test_count},         {ramfs_tests, ramfs_test_count},
        {model_tests, model_test_count},     {bootfs_tests, bootfs_test_count},
        {loader_tests, loader_test_count},   {client_tests, client_test_count},
        {mutated_tests, mutated_test_count},
    };
    size_t used = 0;

    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        for (size_t i = 0; i < groups[g].count && used < sizeof(all) / sizeof(all[0]); i++)
            all[used++] = groups[g].tests[i];
    }
    return lab_main(argc, argv, all, used);
}
