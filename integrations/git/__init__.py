"""The port to Git: mirrors of config repositories, and trees of files at a commit."""
