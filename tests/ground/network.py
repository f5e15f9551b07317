"""The blogs of a network, and its plugins."""

from dataclasses import replace

from tests.ground.wordpress import WordPress, run_site_script


def add_blog(network: WordPress, name: str) -> WordPress:
    """Add a blog with a booking page to a running network."""
    said = run_site_script(network, "add-blog.php", name=name)
    assert said.isdecimal(), f"The blog was not added:\n{said}\n{network.log()}"
    return replace(network, url=f"{network.url}/{name}")


def blog_id(blog: WordPress) -> int:
    return int(blog.php("echo get_current_blog_id();"))


def delete(blog: WordPress) -> None:
    """Delete a blog for good, as its own administrator can."""
    blog.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php';"
        "wpmu_delete_blog( get_current_blog_id(), true );"
    )
