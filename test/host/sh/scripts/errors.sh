# SPDX-License-Identifier: MIT
nosuchcommand; echo $?
/nonexistent/cmd; echo $?
/; echo $?
: > /tmp/sh-ne-$$; /tmp/sh-ne-$$; echo $?; rm /tmp/sh-ne-$$
printf 'echo script $1\nexit 5\n' > /tmp/sh-sc-$$; chmod +x /tmp/sh-sc-$$; /tmp/sh-sc-$$ arg; echo $?; rm /tmp/sh-sc-$$
printf '#!/bin/sh\necho hashbang\n' > /tmp/sh-sc-$$; chmod +x /tmp/sh-sc-$$; /tmp/sh-sc-$$; rm /tmp/sh-sc-$$
sh -c 'exit 9'; echo $?
