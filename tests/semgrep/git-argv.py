# ruleid: git-argv
run_git(["blame", commit, file], git_dir=path)
# ruleid: git-argv
run_git(["fetch", url], git_dir=path)
# ruleid: git-argv
command = ["git", "push", remote]
# ruleid: git-argv
subprocess.run(["git", "clone", self.url], check=True)
# ok: git-argv
run_git(["blame", "--porcelain", commit, "--", file], git_dir=path)
# ok: git-argv
run_git(["log", "--end-of-options", revision], git_dir=path)
# ok: git-argv
run_git(["gc", "--quiet"], git_dir=path)
# ok: git-argv
subprocess.run(["git", "clone", "--", url], check=True)
# ruleid: git-argv
run_git(["log", f"{branch}..{commit}"], git_dir=path)
# ok: git-argv
run_git(arguments, git_dir=path, inherit=[lock])
# ok: git-argv
run_git(["fetch", *options, "--", way.url], inherit=[lock])
# ok: git-argv
names = ["fetch", url]
