# ruleid: shell
subprocess.run(command, shell=True, check=True)
# ruleid: shell
subprocess.check_output(f"git log {name}")
# ruleid: shell
os.system("ls")
# ruleid: shell
subprocess.getoutput(command)
# ok: shell
subprocess.run(["git", "gc"], check=True)
