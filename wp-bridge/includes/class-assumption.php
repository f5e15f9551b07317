<?php
/**
 * Something of Booknetic that the bridge counts on.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * What it is called, what will not work without it, and how to find out whether it is so on this site.
 */
final class Assumption {

	public const HOLDS  = 'holds';
	public const BROKEN = 'broken';
	public const UNSEEN = 'unseen';

	/**
	 * What sort of thing it is.
	 *
	 * @var string
	 */
	public $kind;

	/**
	 * What it is called, in Booknetic's words and in no other language: a visit's notes go by it.
	 *
	 * @var string
	 */
	public $name;

	/**
	 * What will not work without it, for the owner.
	 *
	 * @var string
	 */
	public $effect;

	/**
	 * The hook during which a test visit can see it, or null.
	 *
	 * @var string|null
	 */
	public $hook;

	/**
	 * When during that hook.
	 *
	 * @var int
	 */
	public $priority = 0;

	/**
	 * Texts of which one stands in Booknetic's own files, where that is how to find out.
	 *
	 * @var string[]
	 */
	public $spellings = array();

	/**
	 * Finds out: true, false, or null where it cannot be told.
	 *
	 * @var callable|null
	 */
	private $check;

	/**
	 * The request of the robot in which it must be seen.
	 *
	 * @var string
	 */
	private $request = '';

	/**
	 * Whether not being found in Booknetic's files means that it does not hold.
	 *
	 * @var bool
	 */
	private $is_spelt_out = true;

	/**
	 * Takes what every assumption has.
	 */
	private function __construct( string $kind, string $name, string $effect, ?callable $check = null ) {
		$this->kind   = $kind;
		$this->name   = $name;
		$this->effect = $effect;
		$this->check  = $check;
	}

	/**
	 * A class that is there.
	 */
	public static function of_class( string $name, string $effect ): self {
		return new self(
			'class',
			$name,
			$effect,
			static function () use ( $name ): bool {
				return class_exists( $name );
			}
		);
	}

	/**
	 * A method that takes so many arguments.
	 *
	 * @param string          $name      Class::method, or just what the object is called.
	 * @param string|callable $owner     The class, or what gives the object.
	 * @param int             $arguments How many are passed.
	 */
	public static function method( string $name, $owner, int $arguments, string $effect ): self {
		$method = substr( (string) strrchr( $name, ':' ), 1 );
		return new self(
			'method',
			$name,
			$effect,
			static function () use ( $owner, $method, $arguments ): ?bool {
				$subject = is_callable( $owner ) ? $owner() : $owner;
				if ( ! method_exists( $subject, $method ) ) {
					return method_exists( $subject, '__call' ) || method_exists( $subject, '__callStatic' ) ? null : false;
				}
				$found = new \ReflectionMethod( $subject, $method );
				$takes = $found->isVariadic() || $found->getNumberOfParameters() >= $arguments;
				return $found->isPublic() && $takes && $found->getNumberOfRequiredParameters() <= $arguments;
			}
		);
	}

	/**
	 * Properties that anybody may read.
	 *
	 * @param string   $name       The class as it is shown.
	 * @param string   $class_name The class.
	 * @param string[] $properties Theirs.
	 */
	public static function properties( string $name, string $class_name, array $properties, string $effect ): self {
		return new self(
			'property',
			$name . ': ' . implode( ', ', $properties ),
			$effect,
			static function () use ( $class_name, $properties ): bool {
				foreach ( $properties as $property ) {
					if ( ! property_exists( $class_name, $property ) || ! ( new \ReflectionProperty( $class_name, $property ) )->isPublic() ) {
						return false;
					}
				}
				return true;
			}
		);
	}

	/**
	 * Rows that can be asked for by columns of these names.
	 *
	 * @param string   $name    The model as it is shown.
	 * @param callable $ask     Asks Booknetic for rows by the columns, which it is given.
	 * @param string[] $columns Theirs.
	 */
	public static function columns( string $name, callable $ask, array $columns, string $effect ): self {
		return new self(
			'table',
			$name . ': ' . implode( ', ', $columns ),
			$effect,
			static function () use ( $ask, $columns ): bool {
				global $wpdb;
				$shown            = $wpdb->suppress_errors( true );
				$wpdb->last_error = '';
				try {
					$ask( $columns );
					return '' === $wpdb->last_error;
				} finally {
					$wpdb->suppress_errors( $shown );
				}
			}
		);
	}

	/**
	 * Anything else that can be found out at once.
	 */
	public static function fact( string $kind, string $name, callable $check, string $effect ): self {
		return new self( $kind, $name, $effect, $check );
	}

	/**
	 * A hook that fires in one of the robot's requests.
	 */
	public static function fires( string $hook, string $request, string $effect ): self {
		$assumption          = new self( 'hook', $hook, $effect );
		$assumption->hook    = $hook;
		$assumption->request = $request;
		return $assumption;
	}

	/**
	 * Something that is so at a certain moment of one of the robot's requests.
	 *
	 * @param string   $name     In words.
	 * @param string   $hook     The moment.
	 * @param int      $priority Within it.
	 * @param string   $request  Of the robot.
	 * @param callable $check    Is given what the hook passes.
	 */
	public static function order( string $name, string $hook, int $priority, string $request, callable $check, string $effect ): self {
		$assumption           = new self( 'order', $name, $effect, $check );
		$assumption->hook     = $hook;
		$assumption->priority = $priority;
		$assumption->request  = $request;
		return $assumption;
	}

	/**
	 * A hook that only a booking fires, which a test visit does not make: Booknetic's files must name it.
	 */
	public static function named( string $hook, string $effect ): self {
		$assumption            = new self( 'hook', $hook, $effect );
		$assumption->spellings = array( "'$hook'", "\"$hook\"" );
		return $assumption;
	}

	/**
	 * One of several requests that Booknetic's form may make; none of them may be spelt out in Booknetic's files.
	 *
	 * @param string[] $methods Theirs.
	 */
	public static function answers( array $methods, string $effect ): self {
		$assumption               = new self( 'method', implode( ', ', $methods ), $effect );
		$assumption->is_spelt_out = false;
		$assumption->spellings    = array_map(
			static function ( string $method ): string {
				return "function $method(";
			},
			$methods
		);
		return $assumption;
	}

	/**
	 * Whether it is so now, in the moment of its hook.
	 *
	 * @param mixed $passed By the hook.
	 */
	public function is_so( $passed ): ?bool {
		return null === $this->check ? true : $this->ask( $passed );
	}

	/**
	 * Whether it holds on this site.
	 *
	 * @param string[]            $notes Of a visit.
	 * @param array<string, bool> $found Of the spellings, which stand in Booknetic's files; those that nobody knows of are left out.
	 */
	public function state( array $notes, array $found ): string {
		if ( null !== $this->hook ) {
			$holds = $this->was_seen( $notes );
		} elseif ( array() !== $this->spellings ) {
			$known = array_intersect_key( $found, array_flip( $this->spellings ) );
			$holds = in_array( true, $known, true ) ? true : ( $this->is_spelt_out && count( $known ) === count( $this->spellings ) ? false : null );
		} else {
			$holds = $this->ask();
		}
		return null === $holds ? self::UNSEEN : ( $holds ? self::HOLDS : self::BROKEN );
	}

	/**
	 * What it is called in a visit's notes when it was so, or was not.
	 */
	public function note( bool $holds ): string {
		return ( $holds ? self::HOLDS : self::BROKEN ) . ':' . $this->name;
	}

	/**
	 * Whether a visit has seen it. Not seen is only wrong where the request was made, answered and watched.
	 *
	 * @param string[] $notes Of a visit.
	 */
	private function was_seen( array $notes ): ?bool {
		if ( in_array( $this->note( true ), $notes, true ) ) {
			return true;
		}
		$was_there = array() === array_diff( array( Visit_Robot::ANSWERED . $this->request, Visit_Witness::WATCHED . $this->request ), $notes );
		return $was_there || in_array( $this->note( false ), $notes, true ) ? false : null;
	}

	/**
	 * Finds out. What throws does not hold.
	 *
	 * @param mixed ...$arguments Of the check.
	 */
	private function ask( ...$arguments ): ?bool {
		try {
			return ( $this->check )( ...$arguments );
		} catch ( \Throwable $e ) {
			return false;
		}
	}
}
