# ruleid: path-prefix
str(path).startswith("/srv/mirrors")
# ruleid: path-prefix
os.path.realpath(path).startswith(root)
# ruleid: path-prefix
path.startswith(root)
# ruleid: path-prefix
entry.path.startswith(self.folder)
# ruleid: path-prefix
name.startswith(str(root))
# ruleid: path-prefix
path.as_posix().startswith(f"{root}/")
# ruleid: path-prefix
os.path.commonprefix([path, root]) == root
# ok: path-prefix
path.is_relative_to(root)
# ok: path-prefix
path.startswith("/")
# ok: path-prefix
path.startswith(f"{folder}/")
# ok: path-prefix
name.startswith(PREFIX)
